# SPDX-License-Identifier: GPL-3.0-or-later
# pipeline.sh: runs and sweeps that are disturbed: two at once, kills, signals, a full disk. Read by cli.sh, whose functions it uses.
# shellcheck shell=sh disable=SC2154 # dp, w, modes: cli.sh

# ---- one folder, one process ----
"$dp" train "$modes" --out "$w/held" --set train.steps=1000000 -q 2>/dev/null &
train=$!
until_it test -s "$w/held/history.csv"
runs 'a folder in use' 2 "$dp" train "$modes" --out "$w/held" --set train.steps=1000000 -q
says err "another process \\(process $train\\) is at work in this folder"
kill -KILL "$train"
wait "$train" 2>/dev/null
left=$w/held/parameters.npz.$train-7.tmp # what a process killed in the middle of a write leaves
: >"$left"
: >"$w/held/mine.tmp"
# A timeout sends its signal twice, to the process and to its group: it counts once.
timeout -s TERM 100 "$dp" train "$modes" --out "$w/held" --set train.steps=1000000 -q 2>/dev/null &
train=$!
until_it test ! -e "$left"
kill -TERM "$train"
wait "$train"
# shellcheck disable=SC2016 # the inner shell expands it
holds 'the next start sweeps up' sh -c 'test ! -e "$2" && test -e "$1/held/mine.tmp" && test ! -e "$1/held/.lock"' - "$w" "$left"

# ---- no room ----
# shellcheck disable=SC2016 # the inner shell expands it
full() { sh -c 'trap "" XFSZ; ulimit -f 4; exec "$@"' - "$@"; } # files of 2 to 4 KiB at most, as on a full disk
runs 'a run on a full disk' 3 full "$dp" train "$modes" --out "$w/small" -q
says err "cannot write .*File too large"
train 'with room again' 0 "$modes" --out "$w/small" -q
for f in history.csv parameters.npz result.json; do holds "the same $f as undisturbed" cmp "$w/run/$f" "$w/small/$f"; done
holds 'nothing half-written' sh -c "! ls $w/small/*.tmp"
runs 'a sweep on a full disk' 3 full "$dp" sweep "$w/sweep.yaml" -o "$w/full.sqlite" --quiet
runs 'the sweep with room again' 0 "$dp" sweep "$w/sweep.yaml" -o "$w/full.sqlite" --quiet
"$dp" sweep --print "$w/full.sqlite" >"$w/full.csv.out" 2>/dev/null
holds 'is the whole' cmp "$w/rows.csv" "$w/full.csv.out"

# ---- a sweep that is interrupted: its kept runs go on from a checkpoint ----
for signal in TERM INT; do
  table=$w/stopped-$signal
  runs "a sweep interrupted by $signal" 3 timeout --preserve-status -s "$signal" 3 "$dp" sweep "$w/sweep.yaml" --set train.steps=20000000 --jobs 2 -o "$table.sqlite" --folders "$table" --quiet
  says err 'interrupted; the same command goes on'
  holds 'leaves checkpoints' test -s "$table/000000/parameters.npz" -o -s "$table/000001/parameters.npz" -o -s "$table/000002/parameters.npz"
done
timeout -s TERM 100 "$dp" sweep "$w/sweep.yaml" --set train.steps=20000000 --jobs 1 -o "$w/busy.sqlite" --quiet 2>/dev/null &
sweep=$!
until_it test -s "$w/busy.sqlite"
sleep 0.5
runs 'a table in use' 2 "$dp" sweep "$w/sweep.yaml" --set train.steps=20000000 -o "$w/busy.sqlite"
says err 'another sweep is at work'
kill -TERM "$sweep"
wait "$sweep"

# ---- the chapter of the report ----
cat >"$w/chapter.yaml" <<'END'
title: Four runs with the axes of the paper
dimension: 2
p: {dataset: {name: moons, n: 50}}
kernel: {family: gaussian, bandwidth: 1/2}
train:
  drift: {name: mmd}
  generator: {width: 8, depth: 1}
  batch: 16
  steps: 5
  evaluation: {every: 0, n: 30, transport: 8}
sweep:
  drift: {kl: {train.drift.name: mean-shift}, da2: {train.drift.name: da2, kernel.family: laplace, train.optimiser.method: sgd, train.optimiser.lr: 1e16}}
  data: {moons: {p.dataset.name: moons}}
  h: {key: kernel.bandwidth, values: [1/10, 1]}
  seed: {key: train.seed, from: 0, to: 0}
END
runs 'a sweep into a report of its own' 0 "$dp" sweep "$w/chapter.yaml" -o "$w/chapter.sqlite" --folders "$w/chapter" --report "$w/chapter-report" --quiet
holds 'with its chapter' grep -q 'id="sweep"' "$w/chapter-report/index.html"
holds 'its settings, what differs in bold' grep -q '<strong>16, fresh</strong>' "$w/chapter-report/index.html"
holds 'its claims' grep -q '^claim	C1	undecided	' "$w/chapter-report/sweep/tables.tsv"
holds 'the state of its runs' grep -q '^state	da2	2	0	2	0	0$' "$w/chapter-report/sweep/tables.tsv"
holds 'the loss beside divergences' grep -q '^loss	kl	1/10	1	[0-9.e-]*	[0-9.e-]*	[0-9.e-]*	[0-9.e-]*	[0-9.e-]*$' "$w/chapter-report/sweep/tables.tsv"
holds 'the time of the whole' grep -q '^time	1024	.*	estimated$' "$w/chapter-report/sweep/tables.tsv"
for f in figure1.svg figure2.svg figure2.pdf samples-moons.svg; do holds "its $f" test -s "$w/chapter-report/sweep/$f"; done
holds 'runs that diverged say so' grep -q '>diverged<' "$w/chapter-report/sweep/samples-moons.svg"
runs 'a report of a sweep without such axes' 2 "$dp" sweep "$w/sweep.yaml" -o "$w/sweep.sqlite" --report "$w/no-report"
says err 'no such column'

# ---- ranks of a real launcher: without MPI inside through common files; with it (make MPI=1) from folders that no other rank sees ----
launch() { # PROGRAM OUTPUT: a program under three ranks, each in a folder of its own; OUTPUT is a path that they share, or a name within their folders
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout 120 env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none mpirun -n 3 \
    sh -c 'mkdir -p "$1/host-$OMPI_COMM_WORLD_RANK$PMI_RANK" && cd "$1/host-$OMPI_COMM_WORLD_RANK$PMI_RANK" && exec "$2" sweep "$1/sweep.yaml" -o "$3"' - "$w" "$1" "$2"
}
if command -v mpirun >/dev/null; then
  runs 'mpirun -n 3' 0 launch "$dp" "$w/launched.sqlite"
  says out 'launched.sqlite: 4 done, 0 diverged, 0 failed, 0 pending'
  "$dp" sweep --print "$w/launched.sqlite" >"$w/launched.csv"
  holds 'gives the bytes of one process' cmp "$w/rows.csv" "$w/launched.csv"
  if pkg-config --exists ompi-c 2>/dev/null || pkg-config --exists mpich 2>/dev/null || pkg-config --exists mpi-c 2>/dev/null; then
    runs 'a build with MPI' 0 make -s NO_INSTALL=1 B="$B" "$B/driftproof-mpi"
    runs 'mpirun -n 3 without common files' 0 launch "$B/driftproof-mpi" own.sqlite
    says out 'own.sqlite: 4 done, 0 diverged, 0 failed, 0 pending'
    "$dp" sweep --print "$w/host-0/own.sqlite" >"$w/own.csv"
    holds 'gives the bytes of one process' cmp "$w/rows.csv" "$w/own.csv"
    # shellcheck disable=SC2016 # the inner shell expands it
    holds 'the whole stands with the first rank, nothing with the others' sh -c 'ls "$1"/host-?/own.sqlite* && test "$(ls "$1"/host-?/own.sqlite* | wc -l)" -eq 1' - "$w"
    runs 'the same again: nothing to do' 0 launch "$B/driftproof-mpi" own.sqlite
    says out 'own.sqlite: 4 done, 0 diverged'
    runs 'the build with MPI without a launcher' 0 "$B/driftproof-mpi" sweep "$w/sweep.yaml" -o "$w/alone.sqlite" --quiet
  else
    echo 'skipped: a build with MPI (no libopenmpi-dev or libmpich-dev)'
  fi
else
  echo 'skipped: ranks of a real launcher (no mpirun)'
fi
