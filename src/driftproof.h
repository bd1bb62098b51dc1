/* SPDX-License-Identifier: GPL-3.0-or-later */
/* driftproof.h: the public header: everything a claim in proofs/ or a program that links libdriftproof may use. */
#ifndef DRIFTPROOF_H
#define DRIFTPROOF_H
#define DP_VERSION "0.1.0"
#include "ball/cover.h"
#include "ball/tape.h"
#include "claim/claim.h"
#include "claim/gaussian.h"
#include "claim/generator.h"
#include "claim/mesh.h"
#include "claim/point.h"
#include "claim/student.h"
#include "claim/variation.h"
#include "drift/scaling.h"
#include "energy/energy.h"
#include "energy/mixture.h"
#include "energy/mmd2.h"
#include "energy/plane.h"
#include "flow/flow.h"
#include "particle/particle.h"
#include "claim/gauss_flow.h"
#include "energy/rkhs_value.h"
#include "train/train.h"
#endif
