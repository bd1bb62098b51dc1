#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# cli.sh: the command line as a user meets it: exit statuses, messages, files, interruption, installation, every command of the README.
# Environment: B, the build directory (made by make). Closes with "N passed, N failed"; details of failures stand above it.
set -u
cd "$(dirname "$0")/.." || exit 3
unset MAKEFLAGS MFLAGS MAKELEVEL NO_COLOR DRIFTPROOF_SHARE
B=$(cd "${B:-build}" && pwd) source=$PWD passed=0 failed=0
dp=$B/driftproof
w=$(mktemp -d)
trap 'rm -rf -- "$w"' EXIT
if [ ! -x "$dp" ] || [ ! -x "$B/jsonlint" ] || [ ! -x "$B/simd-plain" ]; then
  echo "FAILED cli.sh: run it through make check"
  echo "0 passed, 1 failed"
  exit 1
fi

pass() { passed=$((passed + 1)); }
fail() { # NAME DETAIL
  failed=$((failed + 1))
  printf 'FAILED %s: %s\n' "$1" "$2"
  [ ! -s "$w/err" ] || { echo '  standard error:' && head -n 5 "$w/err" | sed 's/^/    /'; }
}
runs() { # NAME STATUS COMMAND...: runs it and checks the exit status
  name=$1 want=$2
  shift 2
  "$@" >"$w/out" 2>"$w/err"
  got=$?
  if [ "$got" -eq "$want" ]; then pass; else fail "$name" "exit status $got, expected $want: $*"; fi
}
says() { if grep -Eq -- "$2" "$w/$1"; then pass; else fail "$name" "'$2' is not on standard $1"; fi; }
silent() { if [ ! -s "$w/$1" ]; then pass; else fail "$name" "something is on standard $1"; fi; }
json() { # [PATH VALUE]: standard output is one JSON document, with VALUE at PATH
  if [ $# -eq 0 ]; then
    if "$B/jsonlint" <"$w/out" >/dev/null 2>"$w/lint"; then pass; else fail "$name" 'not JSON'; fi
  else
    found=$("$B/jsonlint" "$1" <"$w/out" 2>"$w/lint")
    if [ "$found" = "$2" ]; then pass; else fail "$name" "$1 is $found, expected $2"; fi
  fi
}
holds() { # NAME COMMAND...
  name=$1
  shift
  if "$@" >"$w/out" 2>"$w/err"; then pass; else fail "$name" "failed: $*"; fi
}

until_it() { # COMMAND...: waits until it holds, two minutes at most: some machines are slow
  left=1200
  while ! "$@" 2>/dev/null && [ "$left" -gt 0 ]; do left=$((left - 1)) && sleep 0.1; done
}
hears() { grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$1/status"; } # PID: it has a handler for SIGTERM

# ---- cases of our own ----
cat >"$w/pair.yaml" <<'END'
title: One atom against one atom
dimension: 1
p: {atoms: [{weight: 1, at: [1]}]}
q: {atoms: [{weight: 1, at: [-1/3]}]}
kernel: {family: gaussian, bandwidth: 1/2}
digits: 30
claims:
  - {id: antisymmetry, expect: verified}
END
ln -s /dev/full "$w/full.csv"
mkdir "$w/empty"
cat >"$w/plane.yaml" <<'END'
title: Three Gaussians against two
dimension: 2
p: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/4, 0], [0, 1/4]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}
q: {atoms: [{weight: 1/4, at: [0, 0]}, {weight: 3/4, at: [1, 1/2]}]}
kernel: {family: gaussian, bandwidth: 1}
digits: 20
claims:
  - {id: antisymmetry, expect: verified}
  - {id: antisymmetry, expect: proved}
END

# ---- help, man pages, completions ----
runs 'no command' 2 "$dp"
says err '^Usage: '
runs 'help' 0 "$dp" help
says out 'check-cert'
runs '--help' 0 "$dp" --help
runs '--version' 0 "$dp" --version
says out "^driftproof $(cat VERSION)\$"
runs 'unknown command' 2 "$dp" verfy
says err "did you mean 'verify'"
runs 'a command that is yet to come' 2 "$dp" train x
runs 'unknown option' 2 "$dp" verify --sute quick
says err "did you mean 'suite'"
runs 'missing argument' 2 "$dp" verify --suite
runs 'wrong word' 2 "$dp" verify --suite slow
says err 'quick\|full'
runs 'wrong integer' 2 env -C "$w/empty" "$dp" verify --jobs 0
says err 'from 1 to'
holds 'a wrong command line writes nothing' test ! -e "$w/empty/driftproof-out"
runs 'too many operands' 2 "$dp" claims a b
runs '--set without a case' 2 "$dp" claims --set a=1
for command in $("$dp" help --commands); do
  runs "$command --help" 0 "$dp" "$command" --help
  says out '^Usage: driftproof '
  runs "man page of $command" 0 "$dp" help --man "$command"
  says out '^\.TH DRIFTPROOF'
  for option in $("$dp" "$command" --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p' | sort -u); do
    runs "--$option is in the man page of $command" 0 "$dp" help --man "$command"
    says out "$(printf '%s' "$option" | sed 's/-/\\\\-/g')"
  done
done
runs 'man page of the whole' 0 "$dp" help --man
runs 'help as JSON' 0 "$dp" help --json
json commands.0.name '"verify"'
for shell in bash zsh fish; do runs "completion for $shell" 0 "$dp" completion "$shell"; done
runs 'no such shell' 2 "$dp" completion csh
if command -v bash >/dev/null; then
  "$dp" completion bash >"$w/completion"
  holds 'the completion is a bash script' bash -n "$w/completion"
  holds 'it completes a command' bash -c ". '$w/completion'; COMP_WORDS=(driftproof ver) COMP_CWORD=1; _driftproof; [ \"\${COMPREPLY[*]}\" = verify ]"
fi

# ---- field ----
runs 'field' 0 "$dp" field "$w/pair.yaml" --drift mean-shift --at 1/3 --digits 40
says out 'velocity_1 +1\.3333333333'
runs 'field as JSON' 0 "$dp" field "$w/pair.yaml" --drift mean-shift --at 1/3 --at -7/5 --json
json drift '"mean-shift"'
json values.length 2
json values.1.x.0 '"-7/5"'
silent err
runs 'field in the plane' 0 "$dp" field "$w/plane.yaml" --drift sinkhorn-proxy --at 1/2,-1/3 --json
json values.0.jacobian.1.length 2
json values.0.velocity.length 2
"$B/jsonlint" values.0.curl.rad <"$w/out" >"$w/rad" 2>/dev/null
holds 'the curl is one ball in the plane' test -s "$w/rad"
runs 'quantities' 0 "$dp" field "$w/plane.yaml" --drift sinkhorn-proxy --at 0,0 --quantity curl,wedge --json
json
if grep -q velocity "$w/out"; then fail 'quantities' 'velocity was not asked for'; else pass; fi
runs 'moments' 0 "$dp" field "$w/plane.yaml" --quantity moments --at 0,0 --json
json values.0.kqt.hessian.length 2
runs 'a quantity that does not exist is null' 0 "$dp" field "$w/pair.yaml" --drift sinkhorn-proxy --at 0 --quantity potential --json
json values.0.potential null
says out '"why"'
runs '--set' 0 "$dp" field "$w/pair.yaml" --set 'p.atoms.0.at=[2]' --drift mean-shift --at 0 --quantity velocity
says out ' 2\.33333333'
runs 'bad --set' 2 "$dp" field "$w/pair.yaml" --set kernel.bandwidht=1 --drift mean-shift --at 0
says err 'bandwidht'
runs 'a regularised witness' 0 "$dp" field "$w/pair.yaml" --drift chi2 --regularisation 1/10 --at 1/3 --digits 20
says out 'velocity_1 '
runs 'regularisation from --set' 0 "$dp" field "$w/pair.yaml" --drift kale --set regularisation=1/10 --at 1/3 --digits 20
runs 'no regularisation' 2 "$dp" field "$w/pair.yaml" --drift kale --at 1/3
says err "'regularisation'"
runs 'regularisation must be positive' 2 "$dp" field "$w/pair.yaml" --drift kale --regularisation 0 --at 1/3
says err 'greater than 0'
runs 'CSV' 0 "$dp" field "$w/plane.yaml" --drift mean-shift --at 0,0 --at 1,1 -o "$w/values.csv"
holds 'CSV has a head and two lines' test "$(wc -l <"$w/values.csv")" = 3
runs 'points have one format' 2 "$dp" field "$w/plane.yaml" --drift mean-shift --at 0,0 -o "$w/values.npy"
says err '\.csv'
runs 'no point' 2 "$dp" field "$w/pair.yaml" --drift mean-shift
says err '--at'
runs 'a point of another dimension' 2 "$dp" field "$w/plane.yaml" --drift mean-shift --at 1
says err 'dimension 2'
runs 'not a number' 2 "$dp" field "$w/plane.yaml" --drift mean-shift --at 1,0x1
says err "0x1"
runs 'unknown drift' 2 "$dp" field "$w/pair.yaml" --drift mean-shif --at 0
says err "did you mean 'mean-shift'"
runs 'unknown quantity' 2 "$dp" field "$w/pair.yaml" --drift mean-shift --at 0 --quantity speed
runs 'no such case' 2 "$dp" field "$w/none.yaml" --drift mean-shift --at 0
says err 'none.yaml'
sed 's/bandwidth/bandwith/' "$w/pair.yaml" >"$w/bad.yaml"
runs 'malformed case' 2 "$dp" field "$w/bad.yaml" --drift mean-shift --at 0
says err 'bad\.yaml:5'
says err 'bandwith'
silent out

# ---- field on a grid ----
grid() { # NAME STATUS ARGUMENT...: field of the plane's case
  name=$1 want=$2
  shift 2
  runs "$name" "$want" "$dp" field "$w/plane.yaml" --drift mean-shift "$@"
}
grid 'a grid' 0 --grid 5x4 --window -1:1,-1/2:1
says out '5 x 4 = 20 nodes on \[-1, 1\] x \[-1/2, 1\]'
says out 'velocity +largest .* error bound'
says out 'digits: +worst [12][0-9]\.[0-9] +median'
silent err
grid 'a window of its own' 0 --grid 3x3
says out 'on \[-17/5, 22/5\] x \[-17/5, 22/5\]'
runs 'a sum of kernels has a length: what vanishes is told from what does not' 0 "$dp" field "$w/pair.yaml" --drift mmd --grid 4 --window -1:1 --set 'kernel={family: sum, parts: [{bandwidth: 1}, {bandwidth: 2}]}' --json
json quantities.velocity.nodes_maybe_zero 0
runs 'a grid on a line' 0 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 7 --window -1:1 --digits 40 --json
json mesh.step.0 '"1/3"'
json mesh.origin.0 '"-1"'
json values.velocity.mid.length 7
json values.velocity.shape.0 7
json quantities.velocity.nodes_short 0
says out '"1\.333333333333333333333333333333333333333'
silent err
grid 'a grid as JSON' 0 --grid 3x2 --window 0:1,0:1/3 --quantity velocity,jacobian --json
json values.jacobian.shape.3 2
json values.jacobian.rad.length 24
json mesh.step.1 '"1/3"'
json tier '"exact"'
runs 'a grid in space' 0 "$dp" field cases/two-mode/space.yaml --drift mean-shift --grid 2x3x4 --quantity curl --json
json values.curl.mid.length 72
runs 'a grid and points are the same numbers' 0 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 4 --window -1:1/2 --digits 30 -o "$w/line.csv"
holds 'CSV of a grid has a head and a line for each node' test "$(wc -l <"$w/line.csv")" = 5
holds 'CSV of a grid has positions' grep -q '^0.5,1\.3333333333' "$w/line.csv"
grid 'npz' 0 --grid 3x2 --digits 40 -o "$w/f.npz"
cp "$w/f.npz" "$w/f2.npz"
printf 'dimension: 1\np: {atoms: [{at: 0}]}\nq: {atoms: [{weight: 1/2, at: 0}, {weight: 1/2, at: 1}]}\nkernel: {bandwidth: 1/30}\n' >"$w/far.yaml"
runs 'numbers that no double holds' 0 "$dp" field "$w/far.yaml" --drift mean-shift --grid 5 --window=-3:0 --digits 12 -o "$w/far.npz"
holds 'are there as decimals' grep -aq 'e-[1-9][0-9][0-9][0-9]' "$w/far.npz"
grid 'npz again, more threads' 0 --grid 3x2 --digits 40 --threads 2 -o "$w/f.npz"
holds 'has the same bytes' cmp "$w/f.npz" "$w/f2.npz"
runs 'fields to the last bit' 0 "$B/simd" 1
cp "$w/out" "$w/simd"
holds 'there are many of them' test "$(wc -l <"$w/simd")" -gt 3000
runs 'fields on two threads' 0 "$B/simd" 2
mv "$w/out" "$w/simd2"
holds 'threads change no bit' cmp "$w/simd2" "$w/simd"
runs 'fields without vector instructions, by measured plans' 0 "$B/simd-plain" 1
mv "$w/out" "$w/simd2"
holds 'instructions and plans change no bit' cmp "$w/simd2" "$w/simd"

runs 'velocities of samples to the last bit' 0 "$B/lanes" 1
cp "$w/out" "$w/lanes"
holds 'there are many of them, too' test "$(wc -l <"$w/lanes")" -gt 3000
for twin in 'lanes 2' 'lanes-avx2 1' 'lanes-plain 2'; do
  # shellcheck disable=SC2086 # two words
  runs "velocities of samples: $twin" 0 "$B"/$twin
  mv "$w/out" "$w/lanes2"
  holds "no bit is another: $twin" cmp "$w/lanes2" "$w/lanes"
done
grid 'npy' 0 --grid 3x2 -o "$w/f.npy"
says err 'f_error\.npy'
holds 'npy has its bounds beside it' test "$(wc -c <"$w/f.npy")" = "$(wc -c <"$w/f_error.npy")"
holds 'npy has a header of 128 bytes' test "$(wc -c <"$w/f.npy")" = 224
python=''
for p in python3 /usr/bin/python3; do [ -n "$python" ] || ! $p -c 'import numpy' 2>/dev/null || python=$p; done
grid 'doubles' 0 --grid 3x2 --digits 8 --tier double -o "$w/d.npz"
grid 'doubles as CSV' 0 --grid 3x2 --digits 8 --tier double -o "$w/d.csv"
if [ -n "$python" ]; then
  cat >"$w/doubles.py" <<'END'
import csv, fractions, json, sys, numpy
d, z = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
assert json.loads(str(d["meta"]))["tier"] == "double" and "velocity_low" not in d
rows = list(csv.DictReader(open(sys.argv[3])))
for i in numpy.ndindex(2, 3, 2):
    true, slack = fractions.Fraction(z["velocity_decimal"][i].decode()), fractions.Fraction(z["velocity_decimal_error"][i].decode())
    assert abs(fractions.Fraction(float(d["velocity"][i])) - true) <= fractions.Fraction(float(d["velocity_error"][i])) + slack
    row = rows[3 * i[0] + i[1]]
    assert abs(fractions.Fraction(row["velocity_%d_mid" % (i[2] + 1)]) - true) <= fractions.Fraction(row["velocity_%d_rad" % (i[2] + 1)]) + slack
    assert float(row["x_1"]) == d["x"][i[1]] and float(row["x_2"]) == d["y"][i[0]]
END
  holds 'doubles contain the exact values, in arrays and in CSV' "$python" "$w/doubles.py" "$w/d.npz" "$w/f.npz" "$w/d.csv"
  cat >"$w/arrays.py" <<'END'
import json, sys, fractions, numpy
z = numpy.load(sys.argv[1])
meta = json.loads(str(z["meta"]))
assert meta["drift"] == "mean-shift" and meta["digits"] == 40 and "bandwidth" in meta["case_text"] and "fftw" in meta["versions"]
assert z["x"].shape == (3,) and z["y"].shape == (2,) and z["velocity"].shape == (2, 3, 2) == z["velocity_error"].shape
for i in numpy.ndindex(2, 3, 2):
    true = fractions.Fraction(z["velocity_decimal"][i].decode())
    decimal = fractions.Fraction(z["velocity_decimal_error"][i].decode())
    high, low = fractions.Fraction(float(z["velocity"][i])), fractions.Fraction(float(z["velocity_low"][i]))
    assert abs(high - true) <= fractions.Fraction(float(z["velocity_error"][i])) + decimal
    assert abs(high + low - true) <= fractions.Fraction(float(z["velocity_low_error"][i])) + decimal
    assert z["velocity_error"][i] < 1e-15 * (1 + abs(z["velocity"][i])) and z["velocity_low_error"][i] < 1e-30
v = numpy.load(sys.argv[2])
assert v.shape == (2, 3, 2) and abs(v - z["velocity"]).max() < 1e-9
END
  holds 'NumPy reads the arrays, and the bounds hold' "$python" "$w/arrays.py" "$w/f.npz" "$w/f.npy"
else
  echo 'skipped: arrays in NumPy (Debian: python3-numpy)'
fi
"$dp" field "$w/plane.yaml" --drift mean-shift --grid 3x2 --digits 40 -o "$w/f.h5" >"$w/out" 2>"$w/err"
case $? in
  0)
    name='HDF5'
    holds 'HDF5 begins as such a file does' grep -q HDF "$w/f.h5"
    if command -v h5dump >/dev/null; then
      holds 'HDF5 has the arrays' h5dump -d /velocity/mid -d /velocity/error -d /velocity/low -d /velocity/low_error -d /velocity/decimal -d /velocity/decimal_error -d /x -d /y "$w/f.h5"
      says out '\( 2, 3, 2 \)'
      for attribute in drift case case_text tier digits meta version_driftproof version_flint version_fftw velocity/error_bound velocity/estimated; do
        holds "HDF5 has the attribute $attribute" h5dump -a "/$attribute" "$w/f.h5"
      done
    else
      echo 'skipped: contents of HDF5 files (no h5dump; Debian: hdf5-tools)'
    fi
    cp "$w/f.h5" "$w/f2.h5"
    grid 'HDF5 again' 0 --grid 3x2 --digits 40 -o "$w/f.h5"
    holds 'has the same bytes' cmp "$w/f.h5" "$w/f2.h5"
    ;;
  *)
    grid 'a build without HDF5' 2 --grid 3x2 -o "$w/f.h5"
    says err 'libhdf5-dev'
    ;;
esac
if command -v gnuplot >/dev/null; then
  for kind in png svg pdf; do
    grid "plot as $kind" 0 --grid 9x9 --window -2:2,-2:2 --plot "$w/f.$kind"
    holds "$kind is there" test -s "$w/f.$kind"
    silent out
  done
  cp "$w/f.pdf" "$w/f2.pdf"
  grid 'PDF again' 0 --grid 9x9 --window -2:2,-2:2 --plot "$w/f.pdf"
  if grep -aq /CreationDate "$w/f.pdf" || command -v qpdf >/dev/null; then holds 'has the same bytes' cmp "$w/f.pdf" "$w/f2.pdf"
  else echo 'skipped: bytes of a PDF (this cairo compresses the date, and qpdf is not installed)'; fi
  holds 'PNG is a PNG' grep -q PNG "$w/f.png"
  holds 'SVG is XML' xmllint --noout "$w/f.svg"
  holds 'SVG names drift and case' grep -q 'mean-shift' "$w/f.svg"
  # shellcheck disable=SC2016 # a title that must not be obeyed
  printf 'title: "a <b> & `touch %s/owned` '"'"'; system('"'"'touch %s/owned'"'"'); \\" system(\\"touch %s/owned\\"); @x $y _{z}^2 \\\\"\n' "$w" "$w" "$w" >"$w/hostile.yaml"
  tail -n +2 "$w/pair.yaml" >>"$w/hostile.yaml"
  hostile="$w/it's \"one\`.svg"
  runs 'a hostile title' 0 "$dp" field "$w/hostile.yaml" --drift mean-shift --grid 9 --plot "$hostile"
  holds 'makes a picture' xmllint --noout - <"$hostile"
  holds 'and nothing else' test ! -e "$w/owned"
  runs 'plot on a line' 0 "$dp" field "$w/pair.yaml" --drift smoothed-kl --grid 21 --plot "$w/line.svg" --json
  json values.velocity.mid.length 21
  runs 'plot of a scalar' 0 "$dp" field "$w/plane.yaml" --drift sinkhorn-proxy --grid 5x5 --quantity curl --plot "$w/f.svg"
  holds 'SVG names the scalar' grep -q 'curl of V' "$w/f.svg"
  runs 'no picture in space' 2 "$dp" field cases/two-mode/space.yaml --drift mean-shift --grid 2x3x4 --plot "$w/f.png"
  says err 'dimension 3'
else
  echo 'skipped: pictures (gnuplot is not installed)'
fi
# ---- a long mesh that is interrupted; the bytes of data files ----
mkdir "$w/stop"
name='an interrupted mesh'
# A background job of a shell ignores SIGINT, as dp then does: SIGTERM.
"$dp" field cases/two-mode/plane.yaml --drift smoothed-kl --grid 90x90 --digits 300 -o "$w/stop/f.npz" >"$w/out" 2>"$w/err" &
long=$!
until_it hears "$long"
sleep 0.5
kill -TERM "$long"
wait "$long"
if [ $? -eq 3 ]; then pass; else fail "$name" 'exit status is not 3'; fi
says err 'interrupted'
holds 'an interrupted mesh leaves nothing' test -z "$(ls "$w/stop")"
printf '0.5\n1\n' >"$w/points.csv"
sed "s/q: .*/q: {samples: points.csv}/" "$w/pair.yaml" >"$w/points.yaml"
runs 'samples' 0 "$dp" field "$w/points.yaml" --drift mean-shift --grid 3 -o "$w/a.npz"
printf '0.5\n1.0\n' >"$w/points.csv"
runs 'the same samples in other bytes' 0 "$dp" field "$w/points.yaml" --drift mean-shift --grid 3 -o "$w/b.npz"
name='the digest of a case covers its files'
if cmp -s "$w/a.npz" "$w/b.npz"; then fail "$name" 'both are the same'; else pass; fi
tr -d '\000' <"$w/b.npz" >"$w/b.text"
holds 'meta names the digest of a file' grep -aq "files_sha256.*$(sha256sum "$w/points.csv" | cut -c1-64)" "$w/b.text"

# ---- gradient and rotational part ----
grid 'the parts of a gradient' 0 --grid 9x8 --quantity gradient-part,rotational-part --json
json
json quantities.rotational-part.shape '[8, 9, 2]'
json quantities.rotational-part.nodes_maybe_zero 72
json scalars.rotational_fraction.estimated true
runs 'a rotational part' 0 "$dp" field "$w/plane.yaml" --drift sinkhorn-proxy --grid 17x17 --window -4:4,-4:4 --quantity rotational-part --split flat --digits 1
says out '^rotational_fraction +0\.[0-9]+ \+/- .*flat'
runs 'parts on a line' 2 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 9 --quantity rotational-part
says err 'dimension 2 and 3'
runs 'a split of points' 2 "$dp" field "$w/plane.yaml" --drift mean-shift --at 0,0 --split flat
says err '--split'

# ---- numbers of a case ----
runs 'the energy of a flow' 0 "$dp" field cases/two-mode/plane.yaml --drift mmd --quantity energy,dissipation --json
json
json scalars.energy_mmd2.estimated false
json scalars.energy_mmd2.mid '"0.142716049333110"'
json scalars.dissipation.mid '"1.08157227657938e-18"'
json scalars.rate_mmd2.mid '"-1.08157227657938e-18"'
runs 'energies without a drift' 0 "$dp" field "$w/pair.yaml" --energy w2,smoothed-kl
says out '^energy_w2 +0\.888888888888889 \+/- '
says out '^energy_smoothed-kl +3\.55555555555556 \+/- '
runs 'energies beside a mesh' 0 "$dp" field "$w/plane.yaml" --drift sinkhorn-proxy --grid 5x5 --energy mmd2 --quantity dissipation
says out '^rate_mmd2 +-'
says out '^dissipation +[0-9.]+ \+/- .*sum over atoms'
runs 'an estimated number says so' 0 "$dp" field cases/two-mode/plane.yaml --drift mmd --quantity energy --set q='{mixture: [{weight: 1, mean: [0, 0], covariance: 1}]}' --set kernel='{family: imq, bandwidth: 1}' --digits 3 --json
json scalars.energy_mmd2.estimated true
runs 'an energy that is no flow' 2 "$dp" field "$w/pair.yaml" --drift mean-shift --quantity energy
says err '--energy'
runs 'an unknown energy' 2 "$dp" field "$w/pair.yaml" --energy mdm2
says err "did you mean 'mmd2'"
runs 'an infinite energy' 2 "$dp" field "$w/pair.yaml" --energy kl
says err 'infinite'
runs 'dissipation of nothing' 2 "$dp" field "$w/pair.yaml" --quantity dissipation
says err '--drift'
runs 'an energy at a point' 2 "$dp" field "$w/pair.yaml" --drift mmd --at 0 --energy mmd2
says err 'not at points'

# Several drifts side by side.
runs 'a map on a line' 0 "$dp" field cases/mesh/two-modes-line.yaml --drift mean-shift,sinkhorn-proxy,sinkhorn --grid 101 --window=-7:7 --plot "$w/map.svg"
says out '^mean-shift +10\^0.7' && says out '^sinkhorn-proxy +10\^-4'
runs 'a map in the plane' 0 "$dp" field cases/mesh/two-modes.yaml --drift mean-shift,da2 --grid 21x15 --window=-5:5,-3:3 --plot "$w/map.png"
if [ "$(head -c 4 "$w/map.png" | tail -c 3)" = PNG ] && grep -q '<svg' "$w/map.svg"; then pass; else fail "$name" 'no pictures'; fi
runs 'a map of a drift that is none' 2 "$dp" field cases/mesh/two-modes.yaml --drift mean-shift,da3 --grid 5x5
says err 'da3: unknown drift'
runs 'a map as an array' 2 "$dp" field cases/mesh/two-modes.yaml --drift mean-shift,da2 --grid 5x5 -o "$w/map.npz"
says err 'takes one drift'

grid 'a picture of an unknown kind' 2 --grid 9x9 --plot "$w/f.jpg"
says err '\.png, \.svg or \.pdf'
grid 'an array file of an unknown kind' 2 --grid 9x9 -o "$w/f.mat"
says err '\.npz, \.npy, \.h5 or \.csv'
grid 'two arrays in one .npy' 2 --grid 9x9 --quantity velocity,curl -o "$w/f.npy"
says err '\.npz'
grid 'points and a grid' 2 --grid 9x9 --at 0,0
says err 'one of the two'
grid 'a window without a grid' 2 --window 0:1,0:1
says err '--grid'
grid 'a grid of another dimension' 2 --grid 9
says err 'dimension 2'
grid 'a grid of words' 2 --grid 9xn
says err "found 'n'"
grid 'a grid of one node' 2 --grid 9x1
says err '2 or more'
grid 'a grid beyond all memory' 2 --grid 99999999x99999999
says err 'the most are'
grid 'a window of another dimension' 2 --grid 3x3 --window 0:1
says err 'expected X0:X1,Y0:Y1'
grid 'a window that is no number' 2 --grid 3x3 --window 0:1,0:pi
says err "found 'pi'"
grid 'a window from right to left' 2 --grid 3x3 --window 0:1,1/2:0.5
says err "found '1/2:0.5'"
grid 'a window of three ends' 2 --grid 3x3 --window 0:1,0:1:2
says err "found '0:1:2'"
grid 'an unknown quantity' 2 --grid 3x3 --quantity velocty
says err "did you mean 'velocity'"
grid 'a quantity of points' 2 --grid 3x3 --quantity moments
says err 'at points'
grid 'an unknown tier' 2 --grid 3x3 --tier single
says err 'auto\|double\|quad\|exact'
runs 'curl on a line' 2 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 9 --quantity curl
says err 'dimension 1'
runs 'a quantity that the drift has not' 2 "$dp" field "$w/plane.yaml" --drift sinkhorn-proxy --grid 9x9 --quantity potential
says err 'sinkhorn-proxy has none here: .*not the gradient'
runs 'a drift that does not exist here' 2 "$dp" field "$w/plane.yaml" --drift wasserstein --grid 9x9
silent out
cat >"$w/moved.yaml" <<'END'
dimension: 2
p: {mixture: [{weight: 1, mean: [1, -2], covariance: 1}]}
q: {mixture: [{weight: 1, mean: [0, 0], covariance: 1}]}
kernel: {bandwidth: 1}
END
runs 'a shift undone by slices' 0 "$dp" field "$w/moved.yaml" --drift sliced-wasserstein --at 1/3,40 --digits 20
says out 'velocity_1 +0\.5000000000'
says out 'velocity_2 +-1\.0000000000'
runs 'slices on a mesh' 0 "$dp" field "$w/moved.yaml" --drift sliced-wasserstein --grid 5x4 --tier double --digits 6 --set p.mixture.0.covariance=2
says out 'error estimate'
runs 'transport between modes' 0 "$dp" field cases/two-mode/default.yaml --drift wasserstein --at 3
says out 'velocity_1 +-4\.2857142857'
runs 'transport out of the hull of atoms' 2 "$dp" field cases/transport/translation-atoms.yaml --drift sliced-wasserstein --at 7,7
says err 'asked at another place'
runs 'sinkhorn between modes twenty bandwidths apart' 0 "$dp" field cases/two-mode/sizes-20.yaml --drift sinkhorn --at 10 --digits 30
says out 'velocity_1 +-14\.28571428'
runs 'sinkhorn with a kernel that is no cost' 2 "$dp" field cases/two-mode/laplace.yaml --drift sinkhorn --at 1
says err 'family gaussian only'
runs 'a window beyond doubles' 2 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 5 --window 0:1e400
says err 'a double can hold'
runs 'a grid beyond the limit' 2 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 300000000
says err 'the most are'
runs 'blob beyond doubles' 0 "$dp" field cases/mesh/line.yaml --drift blob --grid 5 --window 0:1 --digits 20
says out 'tier quad'
runs 'a grid on a full disk' 3 "$dp" field "$w/pair.yaml" --drift mean-shift --grid 3000 -o "$w/full.csv"

# ---- particle drifts ----
printf '0,0\n1,0\n0,1\n' >"$w/px.csv"
printf 'a,b\n# two points\n2,1\n-1,3\n' >"$w/py.csv"
printf '0.5\n' >"$w/p1.csv"
printf '0,nan\n' >"$w/pnan.csv"
printf '1,2\n3\n' >"$w/pragged.csv"
: >"$w/pempty.csv"
drift() { "$dp" drift --x "$w/px.csv" --y "$w/py.csv" --bandwidth 1/2 "$@"; }
runs 'drift' 0 drift --drift mean-shift
says out '^[-0-9.e]+,[-0-9.e]+$'
runs 'drift --json' 0 drift --drift sinkhorn --iterations 3 --json
json drift '"sinkhorn"'
json sweeps 3
runs 'drift to .npy' 0 drift --drift sinkhorn-proxy -o "$w/pv.npy" --core "$w/pc.csv" --masses "$w/pm.csv"
silent out
holds 'drift: files' test -s "$w/pv.npy" -a -s "$w/pc.csv" -a -s "$w/pm.csv"
runs 'drift of its own output' 0 "$dp" drift --drift mmd --kernel energy --x "$w/pv.npy" --y "$w/px.csv" --quiet
runs 'drift --precision 30' 0 drift --drift sinkhorn-proxy --precision 30 --json
json precision 30
says out '"rad"'
runs 'drift --precision single' 0 drift --drift da2 --precision single --json
json precision '"single"'
for d in smoothed-kl wasserstein da2-released 'sliced-wasserstein --directions quasi:5' 'kale --regularisation 1/10' 'chi2 --regularisation 1/10'; do
  # shellcheck disable=SC2086 # words
  runs "drift $d has no float32" 0 drift --drift $d --precision single --json
  json precision '"double"'
done
for i in 1 2 3 4 5 6 7 8 9; do echo "$i,-1,$((i * 7 % 5)),$((i * i % 7)),$((i * 3 % 4)),$((i * i * i % 5)),$((i % 2)),$((i % 3)),$((i * 5 % 9)),$((11 % i)),$((i * 5 % 3))"; done >"$w/p11.csv"
span() { "$dp" drift --drift smoothed-kl --x "$w/p11.csv" --bandwidth 2 "$@"; }
sed 's/^/1/' "$w/p11.csv" >"$w/q11.csv"
runs 'drift: smoothed-kl in a span of eight dimensions, to all digits' 1 span --y "$w/q11.csv"
says err 'tolerance 1e-3 admits random nodes'
runs 'drift: smoothed-kl at random nodes' 0 span --y "$w/q11.csv" --tolerance 1e-2 --seed 3 --threads 1 --json
json confidence 0.99
cp "$w/out" "$w/nodes"
runs 'drift: the same seed' 0 span --y "$w/q11.csv" --tolerance 1e-2 --seed 3 --threads 2 --json
cp "$w/out" "$w/nodes_again"
holds 'drift: the same bytes' cmp "$w/nodes_again" "$w/nodes"
runs 'drift --precision 0' 2 drift --drift mmd --precision 0
runs 'drift --energy' 0 drift --energy kale --regularisation 1/100
json energy '"kale"'
says out '"gap"'
json precision '"double"'
for e in mmd2 'kale --regularisation 1/10'; do
  # shellcheck disable=SC2086 # words
  runs "drift --energy $e has no float32" 0 drift --energy $e --precision single
  json precision '"double"'
done
runs 'drift --energy in float32' 0 drift --energy sinkhorn --precision single
json precision '"single"'
runs 'drift --energy, its flow in float32' 0 drift --energy mmd2 --precision single -o "$w/flow.npy"
json precision '"double"'
json velocity_precision '"single"'
runs 'drift: no double holds it' 1 drift --drift blob --bandwidth 1e-200 -o "$w/beyond.npy"
says err 'take --precision DIGITS'
holds 'drift: and nothing is written' test ! -e "$w/beyond.npy"
runs 'drift --energy in balls' 0 drift --energy sinkhorn --precision 30
json estimated false
says out '"rad"'
runs 'drift --energy in balls, directions' 0 drift --energy sliced --directions quasi:3 --precision 30
json estimated false
runs 'drift --energy in balls, velocities' 2 drift --energy sinkhorn --precision 30 -o "$w/never.npy"
runs 'drift --energy, unknown' 2 drift --energy kall
says err "did you mean 'kale'"
runs 'drift: no lambda' 2 drift --drift chi2
says err 'regularisation'
runs 'drift: directions' 0 drift --drift sliced-wasserstein --directions quasi:8 --json
json directions 8
runs 'drift: directions, dimension' 2 drift --drift sliced-wasserstein --directions "$w/p1.csv"
says err 'expected a direction a row'
printf '1,0\n1,2\n-3,1\n' >"$w/prows.csv"
printf '1,1,-3\n0,2,1\n' >"$w/pcolumns.csv"
runs 'drift: directions as rows' 0 "$dp" drift --x "$w/px.csv" --y "$w/py.csv" --drift sliced-wasserstein --directions "$w/prows.csv"
silent err
cp "$w/out" "$w/prows"
runs 'drift: directions as columns' 0 "$dp" drift --x "$w/px.csv" --y "$w/py.csv" --drift sliced-wasserstein --directions "$w/pcolumns.csv"
says err 'columns are the directions'
cp "$w/out" "$w/pcolumns"
holds 'drift: the same directions' cmp "$w/prows" "$w/pcolumns"
runs 'drift: released' 0 drift --drift da2-released --clip 0 --normalise none
runs 'drift: three weights and no more' 2 drift --drift da2-released --block-weights 1,1,1,2
says err 'three numbers'
runs 'drift: weights are numbers' 2 drift --drift da2-released --block-weights 1,nan,1
runs 'drift: a fraction as an option' 0 drift --drift da2-released --clip 1/1024 --block-weights 1,1/8,15/8
runs 'drift: a third in enclosures' 2 drift --drift da2-released --clip 1/3 --precision 20
says err 'at most 15 digits'
runs 'drift: an eighth in enclosures' 0 drift --drift da2-released --clip 1/8 --precision 20
runs 'drift: no number' 2 drift --drift da2-released --clip 0.1x
says err 'such as'
runs 'drift: clip of another drift' 2 drift --drift da2 --clip 0
runs 'drift: no bandwidth' 2 "$dp" drift --drift mmd --x "$w/px.csv" --y "$w/py.csv"
says err 'bandwidth'
runs 'drift: nan' 2 "$dp" drift --drift mmd -b 1 --x "$w/px.csv" --y "$w/pnan.csv"
says err 'pnan.csv:1: field 2: .*nan'
runs 'drift: ragged' 2 "$dp" drift --drift mmd -b 1 --x "$w/pragged.csv" --y "$w/py.csv"
says err 'pragged.csv:2'
runs 'drift: empty' 2 "$dp" drift --drift mmd -b 1 --x "$w/pempty.csv" --y "$w/py.csv"
says err 'empty'
runs 'drift: dimensions' 2 "$dp" drift --drift mmd -b 1 --x "$w/px.csv" --y "$w/p1.csv"
says err 'dimension 1.*dimension 2'
runs 'drift: unknown kernel' 2 drift --drift mmd --kernel gausian
says err "did you mean 'gaussian'"
runs 'drift: unknown drift' 2 drift --drift mnd
says err "did you mean 'mmd'"
runs 'drift: no samples of true scores' 2 drift --drift kl
runs 'drift: energy is no weight' 2 drift --drift sharp --kernel energy
runs 'drift: a sum that changes its sign' 2 drift --drift mean-shift --kernel energy,gaussian -b 1,1
says err 'changes its sign'
runs 'drift: negatives and mask' 2 drift --drift da2 --negatives "$w/py.csv" --mask self
says err 'come first among them'
runs 'drift: negatives that begin with x, and mask' 0 drift --drift da2 --negatives "$w/px.csv" --mask self
runs 'drift: transport has no negatives' 2 drift --drift sliced-wasserstein --negatives "$w/px.csv"
says err 'no part in sliced-wasserstein'
# Options of other drifts.
refused() { # DRIFT OPTION WORD...
  runs "drift: $2 of $1" 2 drift --drift "$@"
  says err "^driftproof: $2: "
}
refused mmd --core "$w/never.csv"
refused mean-shift --iterations 3
refused sinkhorn-proxy --tolerance 1e-6
refused da2 --scaling algorithm
refused sharp --order columns-first
runs 'drift: values that ask for nothing' 0 drift --drift sharp --order rows-first --scaling population --mask none --self keep
says err 'note: --order has no part in sharp'
refused mmd --regularisation 1/10
refused blob --directions quasi:3
refused wasserstein --weights 2
refused kale --negatives "$w/px.csv" --regularisation 1
refused mmd --divergence kl
refused fgan --regularisation 1 --critic train:1
runs 'drift: directions of another energy' 2 drift --energy mmd2 --directions quasi:3
says err 'belongs to the energies sliced'
runs 'drift: the flow of an energy and another drift' 2 drift --drift mean-shift --energy mmd2 -o "$w/never.npy"
says err 'its flow, which -o writes, is --drift mmd'
runs 'drift: an energy beside another drift' 0 drift --drift da2 --energy mmd2
says err 'note: --drift da2 has no part in the energy mmd2'
cp "$w/out" "$w/beside.json"
runs 'drift: an energy alone' 0 drift --energy mmd2
cp "$w/out" "$w/alone.json"
holds 'drift: an energy is the same beside any drift' cmp "$w/alone.json" "$w/beside.json"
runs 'drift: other affinities' 0 drift --drift da2 --normalisation sinkhorn --iterations 3 --weighting own --mask none
cp "$w/out" "$w/swept.csv"
runs 'drift: no sweep' 0 drift --drift da2 --normalisation sinkhorn --iterations 0 --weighting own --mask none
cp "$w/out" "$w/unswept.csv"
runs 'drift: no normalisation' 0 drift --drift da2 --normalisation none --weighting own --mask none
cp "$w/out" "$w/plain.csv"
holds 'drift: no sweep is no normalisation' cmp "$w/plain.csv" "$w/unswept.csv"
holds 'drift: sweeps are not' sh -c "! cmp -s '$w/swept.csv' '$w/unswept.csv'"
runs 'drift: a mask after the sums' 0 drift --drift sinkhorn-proxy --mask after --json
runs 'drift: how many sweeps' 2 drift --drift da2 --normalisation sinkhorn
says err 'iterations K'
runs 'drift: sweeps of one root' 2 drift --drift da2 --iterations 3
printf '0,0\n1,0\n0,1\n3,-1\n' >"$w/pz.csv"
runs 'drift: guidance' 0 drift --drift da2 --mask self --negatives "$w/pz.csv" --guidance 2
runs 'drift: guidance without points for it' 2 drift --drift da2 --negatives "$w/px.csv" --guidance 2
says err 'with more points than x has'
runs 'drift: guidance of 0' 2 drift --drift da2 --negatives "$w/pz.csv" --guidance 0
says err 'above 0'
runs 'drift: guidance in float32: in doubles' 0 drift --drift da2 --negatives "$w/pz.csv" --guidance 2 --precision single --json
says out '"precision": "double"'
runs 'drift: guidance, a fraction, digits' 0 drift --drift da2 --negatives "$w/pz.csv" --guidance 7/3 --precision 30
runs 'drift: guidance that no double holds' 2 drift --drift da2 --negatives "$w/pz.csv" --guidance 1e-400
says err 'that doubles hold'
refused mean-shift --guidance 2
runs 'drift: other affinities, digits' 0 drift --drift da2 --normalisation row --precision 30
runs 'drift: masses to digits' 0 drift --drift da2 --precision 30 -o "$w/pv.csv" --core "$w/pc.csv" --masses "$w/pm.csv"
holds 'drift: masses to digits: 30 of them' grep -Eq '^[0-9.]{30,}' "$w/pm.csv"
runs 'drift: a sum whose exponents doubles do not hold' 2 drift --drift mean-shift -b 1e-160,1e-170
says err 'beyond doubles'
printf '0\n1e30\n' >"$w/pfar.csv"
runs 'drift: a kernel whose exponents doubles do not hold' 2 "$dp" drift --drift mean-shift -x "$w/pfar.csv" -y "$w/pfar.csv" --kernel imq -b 1e-300
says err 'beyond doubles'
runs 'drift: a sum with a part that they hold' 0 drift --drift mean-shift --kernel gaussian,laplace -b 1e-160,1e-20
runs 'drift: a weight that doubles do not hold' 2 drift --drift mean-shift --kernel gaussian,laplace -b 1,1 --weights 1,1e-322
says err 'precision DIGITS'
runs 'drift: and digits do' 0 drift --drift mean-shift --kernel gaussian,laplace -b 1,1 --weights 1,1e-322 --precision 20
refused mmd --normalisation row
refused sharp --mask after
printf '# comment\nabscissa,ordinate\n0,0\n1,2\n' >"$w/pnames.csv"
runs 'drift: names behind a comment' 0 "$dp" drift --drift mean-shift -b 1 --x "$w/pnames.csv" --y "$w/py.csv"
printf 'x,y # names\n0,0 # a point\n1,2#\n' >"$w/pnotes.csv"
cp "$w/out" "$w/pnamed"
runs 'drift: comments behind numbers' 0 "$dp" drift --drift mean-shift -b 1 -x "$w/pnotes.csv" -y "$w/py.csv"
cp "$w/out" "$w/pnoted"
holds 'and they are skipped' cmp "$w/pnoted" "$w/pnamed"
printf '0,1\n0.5,0.25\n-1,0.125\n' >"$w/ppandas.csv"
runs 'drift: columns named 0, 1' 0 "$dp" drift --drift mean-shift -b 1 --x "$w/ppandas.csv" --y "$w/py.csv"
says err 'counts as a point'
printf '0,1\n1,1\n' >"$w/pgrid.csv"
runs 'drift: whole numbers' 0 "$dp" drift --drift mean-shift -b 1 --x "$w/pgrid.csv" --y "$w/py.csv"
silent err
printf 'x,2\n1,2\n' >"$w/phalf.csv"
runs 'drift: a number among names is no line of names' 2 "$dp" drift --drift mean-shift -b 1 -x "$w/phalf.csv" -y "$w/py.csv"
printf '"0","0"\n1,2\n' >"$w/pquoted.csv"
runs 'drift: numbers in quotation marks are no names' 2 "$dp" drift --drift mean-shift -b 1 --x "$w/pquoted.csv" --y "$w/py.csv"
for line in "'0','0'" '(0, 0)' '[0, 0]' '<0,0>' '−1,0'; do
  printf '%s\n1,2\n' "$line" >"$w/pquoted.csv"
  runs "drift: $line is no line of names" 2 "$dp" drift --drift mean-shift -b 1 --x "$w/pquoted.csv" --y "$w/py.csv"
done
printf 'größe,_b\n1,2\n' >"$w/pquoted.csv"
runs 'drift: names with any letters' 0 "$dp" drift --drift mean-shift -b 1 --x "$w/pquoted.csv" --y "$w/py.csv"
printf '"a","b"\n1,2\n' >"$w/pquoted.csv"
runs 'drift: names in quotation marks' 0 "$dp" drift --drift mean-shift -b 1 --x "$w/pquoted.csv" --y "$w/py.csv"
printf '0x10,2\n' >"$w/phex.csv"
runs 'drift: hexadecimal' 2 "$dp" drift --drift mean-shift -b 1 --x "$w/phex.csv" --y "$w/py.csv"
says err 'phex.csv:1: field 1'
runs 'drift: a kernel where there is none' 0 drift --drift wasserstein
says err 'note: --bandwidth has no part in wasserstein'
runs 'drift: plan in balls' 0 drift --drift wasserstein --precision 30
runs 'drift: critic' 0 drift --drift fgan --critic train:3 --divergence js --json
json drift '"fgan"'
runs 'drift: no critic' 2 drift --drift fgan
says err 'expected --critic'
runs 'drift: critic of another drift' 2 drift --drift mmd --critic train:3

# ---- what the programs of docs/peers.md compute ----
printf '0.31,-1.2\n-0.77,0.45\n1.9,0.6\n-1.4,-0.35\n0.85,1.3\n' >"$w/peer-x.csv"
printf '0.2,0.9\n1.25,-0.4\n-0.6,-1.1\n2.1,1.75\n' >"$w/peer-y.csv"
printf '0.5,0.15\n-1.05,1.6\n1.4,-0.9\n' >"$w/peer-u.csv"
cat "$w/peer-x.csv" "$w/peer-u.csv" >"$w/peer-v.csv"
printf '1,-0.3,2\n0.5,2,-1\n' >"$w/peer-d.csv"
while IFS='|' read -r program answer options; do
  case $program in '#'*) continue ;; esac
  # shellcheck disable=SC2046 # words
  runs "peers: $program" 0 "$dp" drift --x "$w/peer-x.csv" --y "$w/peer-y.csv" $(printf '%s\n' "$options" | sed "s,@\([uvd]\),$w/peer-\1.csv,g")
  cp "$w/out" "$w/peer-out"
  # shellcheck disable=SC2016 # awk
  holds "peers: the answer of $program" awk -F, -v want="$answer" '
    /^\{/ { sub(/.*"value": /, ""); got = $1 + 0; top = got < 0 ? -got : got; next }
    { for (k = 1; k <= NF; k++) { n++; got += n * $k; top += n * ($k < 0 ? -$k : $k) } }
    END { off = got - want; exit !(top > 0 && (off < 0 ? -off : off) <= 1e-12 * top) }' "$w/peer-out"
done <tests/peers.txt
# ---- claims ----
runs 'claims' 0 "$dp" claims
says out '^antisymmetry '
runs 'claims as JSON' 0 "$dp" claims --json
json
runs 'one claim' 0 "$dp" claims antisymmetry
says out '^Twins '
runs 'one claim as JSON' 0 "$dp" claims antisymmetry --json
json id '"antisymmetry"'
runs 'an equation' 0 "$dp" claims --equation 35
says out 'sinkhorn-proxy +drift'
n=1
while [ "$n" -le 108 ]; do
  grep -q "^| ($n) | .* | .* |\$" docs/equations.md || fail 'docs/equations.md' "no row for ($n)"
  n=$((n + 1))
done
# shellcheck disable=SC2016 # a backquote as such
grep -oE '`(src|proofs|cases)/[^`]*`' docs/equations.md | tr -d '`' | sort -u >"$w/places"
while IFS= read -r f; do holds 'docs/equations.md names files that exist' test -e "$f"; done <"$w/places"
n=1
while [ "$n" -le 52 ]; do
  grep -q "^| R$(printf %02d "$n") | .* | .* | .* | .*|\$" docs/neighbours.md || fail 'docs/neighbours.md' "no row for R$n"
  n=$((n + 1))
done
awk -F'|' '/^\| R/ && NF == 7 {print $5}' docs/neighbours.md | grep -oE '[a-z0-9-]+' | sort -u >"$w/places"
while IFS= read -r f; do holds 'docs/neighbours.md names claims that exist and that a case checks' grep -qrE "id: ${f}[,}]" cases; done <"$w/places"
runs 'no such claim' 2 "$dp" claims antisymetry
says err "did you mean 'antisymmetry'"
for id in $("$dp" claims | sed 's/ .*//'); do runs "claims $id" 0 "$dp" claims "$id"; done
runs 'disputes' 0 "$dp" claims --disputes
says out 'contradicted by'
runs 'disputes as JSON' 0 "$dp" claims --disputes --json
json schema '"driftproof/disputes/1"'
json disputes.0.id '"smoothed-kl-flow"'
runs 'disputes and a claim' 2 "$dp" claims --disputes tweedie
mkdir -p "$w/share/proofs" && ln -s "$PWD/cases" "$PWD/reports" "$w/share/"
sed 's/\[cocycle,/[cocicle,/' proofs/disputes.yaml >"$w/share/proofs/disputes.yaml"
runs 'a dispute that names no claim there is' 2 env DRIFTPROOF_SHARE="$w/share" "$dp" claims --disputes
says err "no claim is called 'cocicle'"
sed 's/@disputes\/score-mixture/@disputes\/score/' proofs/disputes.yaml >"$w/share/proofs/disputes.yaml"
runs 'a dispute that names no case there is' 2 env DRIFTPROOF_SHARE="$w/share" "$dp" claims --disputes
says err "no shipped case checks the claim 'two-score-flows' under the name disputes/score\$"
runs 'doctor' 0 "$dp" doctor --json
json

# ---- verify ----
runs 'verify' 0 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one"
says out 'not as expected$'
says out 'index\.html'
for f in results.json junit.xml claims.tex lemmas.tex macros.tex report.tex index.html log.txt; do holds "verify leaves $f" test -s "$w/one/$f"; done
runs 'verify as JSON' 0 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one" --json
json schema '"driftproof/results/1"'
json results.0.verdict '"verified"'
says err 'already in'
runs 'verify --quiet' 0 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one" --quiet
silent out
silent err
runs 'a verdict not as expected' 1 "$dp" verify --no-pdf "$w/plane.yaml" --out "$w/two"
says out 'not as expected: +antisymmetry on plane: verified instead of proved'
holds 'the second entry of its kind has a name of its own' test -s "$w/two/certificates/antisymmetry@plane#2.cert"
runs 'no claim selected' 2 "$dp" verify --no-pdf "$w/pair.yaml" --claim tweedie --out "$w/three"
says err 'no claim selected'
runs 'a claim that does not exist' 2 "$dp" verify --no-pdf "$w/pair.yaml" --claim tweedy --out "$w/three"
says err "did you mean 'tweedie'"
runs 'a malformed case among others' 2 "$dp" verify --no-pdf "$w/pair.yaml" "$w/bad.yaml" --out "$w/three"
says err 'bad\.yaml:5'
runs 'no such directory of cases' 2 "$dp" verify --no-pdf "$w/nothing" --out "$w/three"
mkdir "$w/other" && cp "$w/pair.yaml" "$w/other/"
runs 'two cases of one name' 2 "$dp" verify --no-pdf "$w/pair.yaml" "$w/other" --out "$w/three"
says err "called 'pair'"
runs 'one case named twice' 0 "$dp" verify --no-pdf "$w/pair.yaml" "$w/./pair.yaml" --out "$w/three"
runs 'nowhere to put a directory' 2 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/pair.yaml/out"
runs 'a full disk' 3 "$dp" field "$w/pair.yaml" --drift mean-shift --at 0 -o "$w/full.csv"
# shellcheck disable=SC2016 # the inner shell expands it
runs 'standard output on a full disk' 3 sh -c '"$1" claims >/dev/full' - "$dp"
runs '--digits' 0 "$dp" verify --no-pdf "$w/pair.yaml" --digits 77 --out "$w/three" --json
json results.0.digits 77
runs 'time limit' 1 env DRIFTPROOF_SHARE= "$dp" verify --no-pdf cases/two-mode/default.yaml --claim two-mode-sinkhorn --digits 100000 --limit 1 --jobs 2 --out "$w/limit"
says out 'time limit'
if script -qec true /dev/null >/dev/null 2>&1; then
  runs 'a terminal gets colours' 0 env TERM=xterm script -qec "'$dp' verify --no-pdf '$w/plane.yaml' --out '$w/two' || :" /dev/null
  if grep -q "$(printf '\033\[31m')" "$w/out"; then pass; else fail 'a terminal gets colours' 'no red in the output'; fi
  runs 'NO_COLOR' 0 env TERM=xterm NO_COLOR=1 script -qec "'$dp' verify --no-pdf '$w/plane.yaml' --out '$w/two' || :" /dev/null
  if grep -q "$(printf '\033\[31m')" "$w/out"; then fail 'NO_COLOR' 'red in the output'; else pass; fi
else
  echo 'skipped: colours on a terminal (this machine gives no pseudo-terminal)'
fi

# ---- report, baseline, certificates ----
cp "$w/one/results.json" "$w/before.json"
runs 'a run about a dispute' 0 "$dp" verify --no-pdf cases/disputes/pair-near.yaml cases/disputes/pair-far.yaml cases/disputes/pair-gauss.yaml --claim normalised-pair --out "$w/pairs" --quiet
holds 'the chapter on disputes, HTML' grep -q 'id="dispute-pair-repulsion"' "$w/pairs/index.html"
holds 'the chapter on disputes, LaTeX' grep -q 'Disputes between papers' "$w/pairs/report.tex"
holds 'its verdicts come from the run' grep -q '>contradicted<' "$w/pairs/index.html"
holds 'what the run does not check is said' grep -q '>not checked in this run<' "$w/pairs/index.html"
sed 's/{}//g; s/.allowbreak//g; s/{}//g' "$w/pairs/tables/dispute-pair-repulsion.tex" >"$w/unbroken.tex"
holds 'its certificates are named' grep -q normalised-pair@disputes-pair-near.cert "$w/unbroken.tex"
sed -i 's/"verdict": "verified"/"verdict": "refuted"/' "$w/pairs/records/normalised-pair@disputes-pair-near.json"
# shellcheck disable=SC2016 # the inner shell expands it
runs 'other records' 0 sh -c '"$1" report --no-pdf "$2" --quiet || :' - "$dp" "$w/pairs"
holds 'make another verdict' grep -q '>in doubt<' "$w/pairs/index.html"
# shellcheck disable=SC2016 # the inner shell expands it
holds 'no chapter where no dispute is touched' sh -c '! grep -q "id=.disputes" "$1"' - "$w/one/index.html"
runs 'report' 0 "$dp" report --no-pdf "$w/one"
holds 'a report made again is the same' cmp "$w/before.json" "$w/one/results.json"
runs 'report without records' 2 "$dp" report "$w/empty"
runs 'baseline without change' 0 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one" --baseline "$w/before.json"
sed 's/"verdict": "verified"/"verdict": "proved"/' "$w/before.json" >"$w/better.json"
runs 'a verdict that got worse' 1 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one" --baseline "$w/better.json"
says out '^worse: antisymmetry on pair: proved -> verified'
sed 's/"twin": null/"twin": "null"/' "$w/before.json" >"$w/word.json"
runs 'a twin by the name null is no missing twin' 0 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one" --baseline "$w/word.json"
says out '^new: antisymmetry on pair: not checked'
runs 'baseline that is no results file' 2 "$dp" verify --no-pdf "$w/pair.yaml" --out "$w/one" --baseline "$w/pair.yaml"
runs 'check-cert' 0 "$dp" check-cert "$w/one"
says out '1 certificates accepted, 0 not'
runs 'check-cert as JSON' 0 "$dp" check-cert "$w/one/certificates" --json
json certificates.0.outcome '"accepted"'
sed 's/verified/proved/' "$w/one/certificates/antisymmetry@pair.cert" >"$w/forged.cert"
runs 'a forged certificate' 1 "$dp" check-cert "$w/forged.cert"
mkdir -p "$w/renamed" && cp "$w/one/certificates/antisymmetry@pair.cert" "$w/renamed/tweedie@pair.cert"
runs "a certificate under another's name" 1 "$dp" check-cert "$w/renamed"
says out 'named after another check'
holds 'the digests of the certificates' env -C "$w/two/certificates" sha256sum --quiet --strict -c SHA256SUMS
holds 'name every certificate' test "$(wc -l <"$w/two/certificates/SHA256SUMS")" = "$(find "$w/two/certificates" -name '*.cert' | wc -l)"
sum=$(sed 's/ .*//' "$w/two/certificates/SHA256SUMS" | sort | tr -d '\n' | sha256sum | sed 's/ .*//')
holds 'the report has one digest of them a claim' grep -q "$sum" "$w/two/index.html"
sed 's/ .*//' "$w/two/certificates/SHA256SUMS" >"$w/sums"
# shellcheck disable=SC2016 # the inner shell expands it
holds 'and not each' sh -c '! grep -qf "$1" "$2"' - "$w/sums" "$w/two/tables/certificates.tex"
mkdir -p "$w/torn/certificates" && cp "$w/two/results.json" "$w/torn/" && cp "$w/two/certificates/antisymmetry@plane.cert" "$w/torn/certificates/"
runs 'a missing certificate' 1 "$dp" check-cert "$w/torn"
says out 'antisymmetry@plane#2\.cert: unreadable: missing: results\.json names it for antisymmetry on plane, verified'
says out '1 certificates accepted, 1 not'
runs 'a missing certificate, from its folder' 1 env -C "$w/torn/certificates" "$dp" check-cert . --json
json not_accepted 1
json certificates.1.claim '"antisymmetry"'
cp "$w/two/certificates/antisymmetry@plane#2.cert" "$w/torn/certificates/"
runs 'none is missing' 0 "$dp" check-cert "$w/torn"
rm "$w/torn/certificates/"*.cert
runs 'all are missing' 1 "$dp" check-cert "$w/torn"
echo '[]' >"$w/torn/results.json"
runs 'results.json that is none' 2 "$dp" check-cert "$w/torn"
says err 'results: expected'
runs 'no certificate' 2 "$dp" check-cert "$w/empty"

# ---- flow ----
flow() { # NAME STATUS ARGUMENT...
  name=$1 want=$2
  shift 2
  runs "$name" "$want" "$dp" flow "$@"
}
plane=cases/flow/kde-plane.yaml
flow 'a flow of a Gaussian' 0 "$plane" --drift sinkhorn --time 2 --record 5
says out 'sinkhorn .*<- its gradient flow|<- its gradient flow'
says out 'a finer run moves the unknowns'
flow 'a flow as JSON' 0 "$plane" --drift kl --time 1 --record 3 --json
json as '"gaussian"'
json complete true
json records.t.length 4
flow 'a flow of particles' 0 cases/flow/particle.yaml --drift mean-shift --time 1 --method euler --step 1/100
says out 'smoothed-kl .*increases at t = 0'
flow 'files of a flow' 0 "$plane" --drift mean-shift --as particles --particles 20 --seed 4 --time 1 --record 4 --once -o "$w/flow.csv" -q
silent out
flow 'the same again' 0 "$plane" --drift mean-shift --as particles --particles 20 --seed 4 --time 1 --record 4 --once --threads 1 -o "$w/again.csv" -q
holds 'equal flows give equal bytes' cmp "$w/flow.csv" "$w/again.csv"
holds 'a line for each record' test "$(wc -l <"$w/flow.csv")" -eq 6
flow 'another seed' 0 "$plane" --drift mean-shift --as particles --particles 20 --seed 5 --time 1 --record 4 --once -o "$w/again.csv" -q
if cmp -s "$w/flow.csv" "$w/again.csv"; then fail 'another seed' 'the same bytes'; else pass; fi
flow 'a flow as arrays' 0 "$plane" --drift smoothed-kl --time 1 -o "$w/flow.npz" -q
holds 'arrays of a flow' test -s "$w/flow.npz"
if command -v gnuplot >/dev/null 2>&1; then
  flow 'a picture of a flow' 0 cases/energy-dissipation/atoms.yaml --drift mmd --time 1 --plot "$w/flow.svg" -q
  holds 'the picture' grep -q '</svg>' "$w/flow.svg"
fi
flow 'a flow of samples' 0 "$plane" --drift sinkhorn --particles 8 --data-particles 9 --time 1/2 --record 2 --energies sinkhorn,w2 --json
json as '"particles"'
json how '"the drift of samples in double"'
json records.sinkhorn.length 3
json records.w2.length 3
flow 'a flow along directions' 0 "$plane" --drift sliced-wasserstein --particles 8 --data-particles 8 --directions quasi:5 --method rk4 --step 1/10 --time 1 --record 2
says out 'sliced .*<- its gradient flow'
flow 'samples need points for p' 2 "$plane" --drift sinkhorn --particles 8
says err 'p is no set of points; --data-particles M'
flow 'samples need equal weights' 2 cases/flow/particle.yaml --drift sinkhorn --as particles
says err 'the atoms of p have unequal weights'
flow 'points of a Gaussian' 2 "$plane" --drift sinkhorn --as gaussian --data-particles 8
says err 'data-particles: a Gaussian has none'
flow 'no drift' 2 "$plane"
says err 'expected --drift NAME'
flow 'an unknown drift' 2 "$plane" --drift sinkhron
says err "did you mean 'sinkhorn'"
flow 'no closure' 2 "$plane" --drift mmd --as gaussian
says err 'mmd: Gaussians do not stay Gaussian: .*; expected --as particles'
flow 'particles without a score' 2 cases/flow/particle.yaml --drift kl
says err 'kl: it needs the density of q'
flow 'a step that does not fit' 2 "$plane" --drift kl --method rk4 --time 1 --step 3/10
says err 'expected a whole number of them'
flow 'a step without its method' 2 "$plane" --drift kl --step 1/10
says err 'expected --method euler or rk4'
flow 'a time that is none' 2 "$plane" --drift kl --time 0
says err '--time 0: expected a number > 0'
flow 'an unknown energy' 2 "$plane" --drift kl --energies w3
says err "unknown energy 'w3'"
flow 'an energy that is not there' 2 cases/flow/particle.yaml --drift mmd --energies kl
says err 'particles have no density'
flow 'a name without a format' 2 "$plane" --drift kl -o "$w/flow.txt"
says err 'ends with .csv or .npz'
"$dp" flow cases/two-mode/default.yaml --drift smoothed-kl --time 10000 --method euler --step 1/100 --record 100000 -o "$w/part.csv" -q >"$w/out" 2>"$w/err" &
flow=$!
until_it hears "$flow"
sleep 1
kill -TERM "$flow"
wait "$flow"
got=$? name='an interrupted flow'
if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit status $got, expected 3"; fi
says err 'interrupted at t = '
holds 'what was recorded is kept' test "$(wc -l <"$w/part.csv")" -gt 2

# ---- interruption and resumption; one process and two ----
several='cases/two-mode/default.yaml cases/two-mode/asymmetric.yaml'
# shellcheck disable=SC2086 # a list
{
  "$dp" verify --no-pdf $several --jobs 1 --out "$w/killed" >"$w/out" 2>"$w/interrupted" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && [ "$(find "$w/killed" -name '*.key' 2>/dev/null | wc -l)" -lt 3 ]; do sleep 0.05; done
  kill -STOP "$pid" # or it might be done before the second one gives up
  runs 'a second run in the same directory' 3 "$dp" verify --no-pdf $several --jobs 1 --out "$w/killed"
  says err 'another run is at work'
  kill -TERM "$pid"
  kill -CONT "$pid"
  wait "$pid"
  got=$? name='an interrupted run'
  cp "$w/interrupted" "$w/err"
  if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit status $got, expected 3"; fi
  says err 'interrupted with [0-9]+ of [0-9]+'
  : >"$w/killed/certificates/half.cert.1-0.tmp" # what a process killed in the middle of a write leaves
  runs 'is taken up' 0 "$dp" verify --no-pdf $several --jobs 2 --out "$w/killed"
  says err '[1-9][0-9]* of [0-9]+ checks were already'
  runs 'another run, one process' 0 "$dp" verify --no-pdf $several --jobs 1 --out "$w/fresh"
  holds 'certificates do not depend on interruptions or processes' diff -r "$w/killed/certificates" "$w/fresh/certificates"
  grep -v '"seconds"' "$w/killed/results.json" | sed 's/"seconds": [0-9.e-]*//' >"$w/a"
  grep -v '"seconds"' "$w/fresh/results.json" | sed 's/"seconds": [0-9.e-]*//' >"$w/b"
}

# A check that crashes costs one verdict: the child is found by its parent's number and killed.
"$dp" verify --no-pdf cases/two-mode/default.yaml --claim two-mode-exact --digits 30000 --jobs 1 --out "$w/crash" >"$w/out" 2>"$w/err" &
pid=$! child=''
while [ -z "$child" ] && kill -0 "$pid" 2>/dev/null; do
  child=$(sed -n "s/^\([0-9]*\) (.*) [A-Z] $pid .*/\1/p" /proc/[0-9]*/stat 2>/dev/null | head -n 1)
done
kill -SEGV "$child"
wait "$pid"
got=$? name='a check that crashes'
if [ "$got" -eq 1 ]; then pass; else fail "$name" "exit status $got, expected 1"; fi
says out 'died of signal 11'
says out '5 refuted, 1 error; |1 verified, 4 refuted, 1 error; '
holds 'leaves no key, so that it is tried again' test "$(find "$w/crash/records" -name '*.key' | wc -l)" = 5

# ---- sweep ----
cat >"$w/sweep.yaml" <<'END'
title: Four short runs
dimension: 2
p: {dataset: {name: moons, n: 50}}
kernel: {family: gaussian, bandwidth: 1/2}
train:
  drift: {name: mmd}
  generator: {width: 8, depth: 1}
  batch: 16
  steps: 10
  record: {history: 0, samples: 0, checkpoint: 0}
  evaluation: {every: 0, n: 30, transport: 8}
sweep: {h: {key: kernel.bandwidth, values: [1/10, 1]}, seed: {key: train.seed, from: 0, to: 1}}
END
runs 'sweep' 0 "$dp" sweep "$w/sweep.yaml" -o "$w/sweep.sqlite" --json
json 'done' 4
runs 'sweep again: nothing to do' 0 "$dp" sweep "$w/sweep.yaml" -o "$w/sweep.sqlite" --jobs 1
says out '4 done, 0 diverged, 0 failed, 0 pending'
runs 'rows of a sweep' 0 "$dp" sweep --print "$w/sweep.sqlite"
cp "$w/out" "$w/rows.csv"
says out '^1,h=1/10 seed=1,1/10,1,.*,done,'
for i in 0 1 2; do runs "share $i of a sweep" 0 "$dp" sweep "$w/sweep.yaml" --shard "$i/3" -o "$w/part-$i.sqlite" --quiet; done
silent out
runs 'shares merged' 0 "$dp" sweep --merge "$w/part-0.sqlite" "$w/part-1.sqlite" "$w/part-2.sqlite" -o "$w/merged.sqlite"
"$dp" sweep --print "$w/merged.sqlite" >"$w/merged.csv" 2>/dev/null
holds 'shares are the whole' cmp "$w/rows.csv" "$w/merged.csv"
runs 'sweep of another case into a table' 2 "$dp" sweep "$w/sweep.yaml" --set train.steps=11 -o "$w/sweep.sqlite"
says err 'another sweep'
runs 'sweep without a block' 2 "$dp" sweep cases/train/moons.yaml -o "$w/none.sqlite"
says err "a block 'sweep'"
runs 'sweep: share out of range' 2 "$dp" sweep "$w/sweep.yaml" --shard 3/3
runs 'plan of the full experiment' 0 "$dp" sweep --plan cases/paper/figure2.yaml
says err '^6100 runs'
runs 'plan as JSON' 0 "$dp" sweep "$w/sweep.yaml" --plan --json
json runs.1.key '"h=1/10 seed=1"'
runs 'a pattern that matches no run' 2 "$dp" sweep "$w/sweep.yaml" --only 'seed=9' -o "$w/none.sqlite"
says err "matches no run; the first is 'h=1/10 seed=0'"
runs 'an option that would do nothing' 2 "$dp" sweep "$w/sweep.yaml" --measure -o "$w/none.sqlite"
says err '--measure needs --plan or --report'
runs 'rows are CSV' 2 "$dp" sweep --print "$w/sweep.sqlite" --json
runs 'sweep into no table' 2 "$dp" sweep --print README.md
runs 'a query that is wrong' 2 "$dp" sweep --print "$w/sweep.sqlite" --query 'SELECT nothing FROM runs'
for i in 2 1 0; do OMPI_COMM_WORLD_RANK=$i OMPI_COMM_WORLD_SIZE=3 "$dp" sweep "$w/sweep.yaml" -o "$w/ranks.sqlite" --quiet 2>"$w/err" & done
wait
"$dp" sweep --print "$w/ranks.sqlite" >"$w/ranks.csv" 2>/dev/null
OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=3 runs 'ranks again: nothing to do' 0 "$dp" sweep "$w/sweep.yaml" -o "$w/ranks.sqlite"
says out ': 4 done, 0 diverged'
holds 'three ranks are the whole' cmp "$w/rows.csv" "$w/ranks.csv"
# shellcheck disable=SC2016 # the inner shell expands it
holds 'their tables are gone' sh -c '! ls "$1"/ranks.sqlite.*' - "$w"
runs 'picture of a sweep' 0 "$dp" sweep --plot "$w/sweep.svg" --axes h,seed,status "$w/sweep.sqlite"
holds 'it is drawn' grep -q '<svg' "$w/sweep.svg"
runs 'picture of an axis that is none' 2 "$dp" sweep --plot "$w/sweep.svg" "$w/sweep.sqlite"
says err "no column 'drift'"
runs 'claims of a sweep without drifts' 2 "$dp" sweep --claims "$w/sweep.sqlite"
says err 'no such column'
runs 'sweep with folders' 0 "$dp" sweep "$w/sweep.yaml" -o "$w/kept.sqlite" --folders "$w/kept" --keep '*seed=0' --quiet
# shellcheck disable=SC2016 # the inner shell expands it
holds 'keeps those asked for' sh -c 'test -s "$1/kept/000002/samples-10.npy" && test ! -e "$1/kept/000001"' - "$w"
runs 'histograms of a sweep' 0 "$dp" sweep --histograms "$w/histograms.png" --folders "$w/kept" --panel 'done' --axes h,seed,status "$w/kept.sqlite"
holds 'they are drawn' test -s "$w/histograms.png"
runs 'audit of a folder' 0 "$dp" audit "$w/kept/000002"
says out '^traces: 1 step'
says out '^declared: yes'
says out 'drift-at-floor'
runs 'a run with traces' 0 "$dp" train "$w/sweep.yaml" --set train.record.trace=5 --out "$w/traced" --quiet
runs 'audit of its folder' 0 "$dp" audit --json "$w/traced"
json compared 3
json declared true
json variants.0.arithmetic '"float32"'
runs 'audit of a folder that is no run' 2 "$dp" audit "$w/empty"

# ---- audit: recorded runs that NumPy wrote (cases/audit/record.py) ----
runs 'audit of the printed algorithm' 0 "$dp" audit cases/audit/printed.npz
says out '^  da2, laplace, self left out: to [567]'
says out '^declared: yes'
says out '^undecided +equal-distributions'
runs 'audit without the root' 1 "$dp" audit --json cases/audit/no-root.npz
json declared false
json variants.0.variant '"da2 with row times column softmax without the root, cross-weighted, laplace, self left out"'
json variants.0.factor '"1"'
json variants.1.fate '"excluded"'
runs 'audit without the root, in words' 1 "$dp" audit cases/audit/no-root.npz
says out '^declared: no, it is at a relative distance of 0.72$'
runs 'audit of the toy code' 1 "$dp" audit cases/audit/toy.npz
says out 'clamped at 1e-12, laplace, self left out: to [567]'
says out '^declared: no, it is at a relative distance of 0.0'
"$dp" audit --json --threads 1 cases/audit/toy.npz >"$w/one.json" 2>/dev/null
"$dp" audit --json --threads 2 cases/audit/toy.npz >"$w/two.json" 2>/dev/null
holds 'audit does not depend on threads' cmp "$w/one.json" "$w/two.json"
runs 'audit of no run' 2 "$dp" audit README.md
says err 'README.md: no .npz'
runs 'audit at a level that no permutation reaches' 2 "$dp" audit --level 0.001 cases/audit/toy.npz

# ---- installation ----
runs 'make install' 0 make install NO_INSTALL=1 B="$B" DESTDIR="$w/image" PREFIX=/usr
installed=$w/image/usr/bin/driftproof
cd "$w" || exit 3
runs 'the installed program' 0 "$installed" verify --no-pdf --claim tweedie --quiet --out "$w/four"
runs 'finds the shipped cases' 0 "$installed" claims tweedie
says out '^Cases +[a-z]'
cd "$source" || exit 3
for f in share/man/man1/driftproof-check-cert.1 share/bash-completion/completions/driftproof include/driftproof/driftproof.h share/fish/vendor_completions.d/driftproof.fish share/zsh/site-functions/_driftproof; do
  holds "installs $f" test -s "$w/image/usr/$f"
done
# A linker takes the first of two functions with one name out of an archive and says nothing.
# shellcheck disable=SC2016 # the inner shell expands it
holds 'no name twice in the library' sh -c 'test -z "$(nm -g --defined-only "$1" 2>/dev/null | sed -n "s/^[0-9a-f]* [TDBR] //p" | sort | uniq -d)"' - "$B/libdriftproof.a"
cat >"$w/user.c" <<'END'
#include <driftproof.h>
int main(void) { return dp_drift_find("mmd") == NULL; }
END
# shellcheck disable=SC2016 # the inner shell expands it
holds 'a program can be built on the library' sh -c '${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L "$1/user.c" $(PKG_CONFIG_PATH="$1/image/usr/lib/pkgconfig" pkg-config --define-prefix --cflags --libs driftproof) -o "$1/user" && "$1/user"' - "$w"
runs 'make uninstall' 0 make uninstall NO_INSTALL=1 B="$B" DESTDIR="$w/image" PREFIX=/usr
holds 'leaves no file' test -z "$(find "$w/image" -type f)"

# ---- train ----
modes=cases/train/two-modes.yaml
train() { # NAME STATUS ARGUMENT...
  name=$1 want=$2
  shift 2
  runs "$name" "$want" "$dp" train "$@"
}
train 'a run' 0 "$modes" --out "$w/run"
says out 'mmd, 400 of 400 steps'
says out 'MMD\^2, U .*data against data'
says out 'mode 2 .*of the data: 0\.2'
holds 'its files' test -s "$w/run/run.yaml" -a -s "$w/run/history.csv" -a -s "$w/run/timing.csv" -a -s "$w/run/samples-200.npy" -a -s "$w/run/data.npy" -a -s "$w/run/parameters.npz" -a -s "$w/run/result.json"
holds 'a line for each record' test "$(wc -l <"$w/run/history.csv")" -eq 22
holds 'with the energy asked for' grep -q '^step,loss,v_rms,bandwidth,mmd2_u,.*,energy_mmd2,mode_1,mode_2$' "$w/run/history.csv"
train 'a finished run, asked again' 0 "$modes" --out "$w/run" --json
json finished true
json steps 400
json data_modes.length 2
train 'a run of the run written down' 0 "$w/run/run.yaml" --out "$w/again" --threads 2 -q
silent out
for f in history.csv parameters.npz samples-400.npy; do holds "equal runs give equal $f" cmp "$w/run/$f" "$w/again/$f"; done
for try in 1 2 3 4 5; do # killed at any moment, then to the end; the next one starts while the last may still be ending
  timeout -s KILL "0.0$((2 * try))" "$dp" train "$modes" --out "$w/killed" -q 2>/dev/null
done
train 'after five kills' 0 "$modes" --out "$w/killed" -q
for f in run.yaml history.csv parameters.npz samples-400.npy result.json; do holds "the same $f as undisturbed" cmp "$w/run/$f" "$w/killed/$f"; done
"$dp" train "$modes" --out "$w/stopped" --set train.steps=1000000 -q 2>"$w/err" &
train=$!
until_it test -s "$w/stopped/history.csv"
kill -TERM "$train"
wait "$train"
status=$?
name='a run interrupted'
if [ "$status" -eq 3 ]; then pass; else fail "$name" "exit status $status"; fi
says err 'interrupted at step [0-9]+ of 1000000; the same command goes on'
holds 'leaves a checkpoint' test -s "$w/stopped/parameters.npz"
train 'a folder with another run' 2 "$modes" --out "$w/run" --seed 3
says err 'another run is here'
cp -R "$w/stopped" "$w/damaged"
sed '2s/.*/what is no line/' "$w/stopped/history.csv" >"$w/damaged/history.csv"
cp "$w/damaged/history.csv" "$w/damaged.csv"
train 'a run whose history is damaged' 2 "$modes" --out "$w/damaged" --set train.steps=1000000
says err 'history.csv:2: no line of this run'
holds 'is left as it was' cmp "$w/damaged.csv" "$w/damaged/history.csv"
rm "$w/damaged/run.yaml"
train 'part of a run' 2 "$modes" --out "$w/damaged"
says err 'part of a run is here, without its run.yaml'
train 'a short run' 0 "$modes" --out "$w/short" --set train.steps=20
cp "$w/run/parameters.npz" "$w/short"
train 'a checkpoint of a longer run' 2 "$modes" --out "$w/short" --set train.steps=20
says err 'parameters.npz: step 400 of a run of 20 steps'
train 'a run that writes nothing' 0 "$modes" --dry --seed 3 --set train.steps=20 --set train.drift.name=sinkhorn-proxy
train 'a run that diverges' 1 "$modes" --dry --set train.optimiser.method=sgd --set train.optimiser.lr=1e12
says out 'the samples diverged'
train 'a key that is none' 2 "$modes" --dry --set train.generator.with=3
says err "train.generator.with: unknown key \\(did you mean 'width'"
train 'a case without a block train' 2 "$w/pair.yaml"
says err "missing key 'train'"
runs 'a case for training is none for claims' 2 "$dp" field "$modes" --drift mmd --at 0
says err "a case for training: it has a key 'train' and no q"

# shellcheck source=tests/pipeline.sh
. tests/pipeline.sh

# ---- the registered look whose runs are in the tree ----
if command -v python3 >/dev/null; then
  runs 'what the third look says' 0 python3 cases/paper/registered.py --third cases/paper/figure2-third.csv
  says out '^C3: supported' && says out '31 below, e 447 for at most \(31 of 39\), reached at 31,' && says out '^C5: supported' && says out 'e 43.2 for at most \(29 of 39\), reached at 39,'
  awk -F, -v OFS=, '$1 == "proxy" {$6 *= 2} 1' cases/paper/figure2-third.csv >"$w/worse.csv"
  runs 'the same with the proxy twice as bad' 0 python3 cases/paper/registered.py --third "$w/worse.csv"
  says out '^C3: refuted' && says out '^C5: supported'
fi

# ---- every command of the README, in a copy of the tree ----
mkdir "$w/tree"
for f in src proofs cases docs reports tests Makefile VERSION README.md; do [ ! -e "$f" ] || cp -a "$f" "$w/tree/"; done
rm -rf "$w/tree/reports/out"
cp -a "$B" "$w/tree/build"
cd "$w/tree" || exit 3
grep -E '^    [a-z]' README.md | sed 's/^    //; s/  #.*//' >"$w/commands"
holds 'the README has commands' test "$(grep -c 'build/driftproof' "$w/commands")" -ge 6
while IFS= read -r line; do
  case $line in
    'make verify' | 'make check' | 'make report' | 'make bench' | *apt-get* | 'make install'*) continue ;;
  esac
  runs "README: $line" 0 env -u B NO_INSTALL=1 sh -c "$line" </dev/null
done <"$w/commands"
# shellcheck disable=SC2016 # no command
sed -n '/^```yaml/,/^```/p' README.md | sed '/^```/d' >"$w/readme.yaml"
runs "the README's case" 0 "$dp" verify --no-pdf "$w/readme.yaml" --out "$w/five"
cd "$source" || exit 3

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
