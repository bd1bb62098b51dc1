#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# need.sh CAPABILITY... [-- CAPABILITY...]: installs what is missing on Debian and Ubuntu; elsewhere says exactly what to install.
# What stands before -- is required (exit 3 without it), what stands after it is wanted (left out with a note).
# Every capability is probed first and packages come second, so a FLINT, TeX or compiler of one's own is used as it is.
# Environment: CC, PKG_CONFIG, NEED_LOG (where apt's output goes), NO_INSTALL=1 (never install).
set -u
CC=${CC:-cc} PKG_CONFIG=${PKG_CONFIG:-pkg-config} log=${NEED_LOG:-apt.log}

header() { printf '#include <%s>\n' "$1" | $CC -E -x c - >/dev/null 2>&1; }

have() { # CAPABILITY: is it usable now?
  case $1 in
    cc) header stdio.h ;;
    pkg-config) command -v "$PKG_CONFIG" >/dev/null ;;
    mpfr | gsl | fftw3 | libfyaml | zlib | sqlite3 | cmocka) "$PKG_CONFIG" --exists "$1" 2>/dev/null ;;
    mpfi) header mpfi.h ;;
    flint) header flint/fmpq.h ;;
    arb) header flint/arb.h || header arb.h ;;
    md) header sha2.h ;;
    random123) header Random123/philox.h ;;
    mpi) "$PKG_CONFIG" --exists ompi-c 2>/dev/null || "$PKG_CONFIG" --exists mpich 2>/dev/null || "$PKG_CONFIG" --exists mpi-c 2>/dev/null ;;
    qpdf) command -v qpdf >/dev/null || dpkg --compare-versions "$(LC_ALL=C apt-cache policy libcairo2 2>/dev/null | sed -n 's/.*Candidate: //p')" lt 1.17 2>/dev/null ;; # an older cairo leaves the date in sight
    tex) command -v pdflatex >/dev/null && kpsewhich article.cls booktabs.sty siunitx.sty lmodern.sty >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

packages() { # CAPABILITY: the Debian packages that bring it
  case $1 in
    cc) echo gcc libc6-dev ;;
    mpfr | mpfi | gsl | fftw3 | flint | md | random123 | sqlite3 | cmocka) echo "lib$1-dev" ;;
    arb) echo libflint-arb-dev ;;
    libfyaml) echo libfyaml-dev ;;
    zlib) echo zlib1g-dev ;;
    mpi) echo libopenmpi-dev openmpi-bin ;;
    gnuplot) echo gnuplot-nox ;;
    xmllint) echo libxml2-utils ;;
    tex) echo texlive-latex-base texlive-latex-recommended texlive-science lmodern ;;
    *) echo "$1" ;;
  esac
}

missing() { # CAPABILITY...: the packages of those that are not there, without packages that are installed already
  for cap in "$@"; do
    have "$cap" && continue
    for package in $(packages "$cap"); do
      case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf ' %s' "$package" ;;
      esac
    done
  done
}

required='' wanted='' list=required
for cap in "$@"; do
  case $cap in
    --) list=wanted ;;
    *) eval "$list=\"\$$list \$cap\"" ;;
  esac
done
# shellcheck disable=SC2086 # lists of words, on purpose
{ need=$(missing $required) && want=$(missing $wanted); }
[ -n "$need$want" ] || exit 0
command="apt-get update && apt-get install -y --no-install-recommends$need$want"

cannot() { # REASON: stop when something required is missing, go on when it is only wanted
  if [ -n "$need" ]; then
    printf 'driftproof: missing:%s\n%s\n  %s\n' "$need$want" "$1" "$command" >&2
    exit 3
  fi
  printf 'driftproof: going on without:%s (to have it: %s)\n' "$want" "$command" >&2
  exit 0
}

[ -z "${NO_INSTALL-}" ] || cannot 'NO_INSTALL is set, nothing was installed. By hand, as root:'
command -v apt-get >/dev/null || cannot 'This is not a Debian system: install the equivalents of what Debian installs with'
if [ "$(id -u)" = 0 ]; then
  as=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as=sudo
else
  cannot 'Neither root nor sudo: run this as root, then the same command again:'
fi

apt() { # ARGUMENT...: one apt-get call that waits for locks and never asks
  $as env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >>"$log" 2>&1 </dev/null
}
available() { # PACKAGE...: those that this release offers (FLINT 3 has Arb inside and no package for it)
  for package in "$@"; do
    LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]' && printf ' %s' "$package"
  done
}

mkdir -p "$(dirname "$log")"
: >"$log"
printf 'driftproof: installing%s\n' "$need$want" >&2
apt update || printf 'driftproof: apt-get update failed, trying with the package lists at hand\n' >&2
# shellcheck disable=SC2046,SC2086 # lists of words
{
  apt install -y --no-install-recommends $(available $need $want) ||
    { [ -n "$need" ] && [ -n "$want" ] && apt install -y --no-install-recommends $(available $need); } || {
    tail -n 20 "$log" >&2
    cannot "apt-get failed (its output is in $log). By hand, as root:"
  }
}
for cap in $required; do
  have "$cap" && continue
  need=" $(packages "$cap")"
  cannot "'$cap' is still not usable after the installation (apt-get's output is in $log). By hand, as root:"
done
