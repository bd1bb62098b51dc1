#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# chroot.sh [DIR]: the newcomer's test: a bare Debian, a copy of the committed tree, the two commands of the README.
# Needs root and debootstrap; not part of make check. Uses the mirror that this machine's own apt uses; SUITE names another release
# (SUITE=trixie has FLINT 3). DIR (default: a fresh temporary directory) is kept if it is given, so that a second run saves the download.
set -eu
[ "$(id -u)" = 0 ] || { echo 'chroot.sh: needs root' >&2; exit 3; }
command -v debootstrap >/dev/null || { echo 'chroot.sh: needs debootstrap' >&2; exit 3; }
cd "$(dirname "$0")/.."
root=${1:-$(mktemp -d)} suite=${SUITE:-bookworm}
# shellcheck disable=SC2016 # apt expands it
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)

clean() {
  umount "$root/proc" "$root/dev/pts" "$root/dev" 2>/dev/null || :
  [ $# -gt 0 ] || case $root in */tmp.*) rm -rf -- "$root" ;; esac
}
trap 'clean' EXIT

[ -x "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase "$suite" "$root" "$mirror"
# The chroot fetches packages the way this machine does, from its own release.
# shellcheck source=/dev/null
own=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
if [ "$suite" = "$own" ]; then lists='/etc/apt/sources.list /etc/apt/sources.list.d'
else lists= && echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"; fi
for f in $lists /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d /etc/apt/auth.conf.d /etc/resolv.conf /etc/hosts; do
  [ ! -e "$f" ] || { mkdir -p "$root$(dirname "$f")" && cp -RL "$f" "$root$(dirname "$f")/"; }
done
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"
rm -rf "$root/home/driftproof"
mkdir -p "$root/home/driftproof"
git archive HEAD | tar -x -C "$root/home/driftproof"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
  chroot "$root" sh -c "cd /home/driftproof && $1"; }
start=$(date +%s)
inside 'apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends make >/dev/null'
inside 'make verify'
inside 'make check'
echo "both commands succeeded in $(($(date +%s) - start)) s from a bare $suite"
