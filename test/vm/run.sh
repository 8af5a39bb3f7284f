#!/bin/bash
# Disciplines the clock of a real kernel in a virtual machine of its own: no network, no hardware but a console, all of
# it emulated. The machine this runs on keeps its clock. Prints a line per check and "N passed, N failed".
#
# Needs qemu-system-x86_64 (Debian: qemu-system-x86), and either Debian's package archive or NTPD_TS_VM_KERNEL (a
# bzImage with a serial console) and NTPD_TS_VM_BUSYBOX (a static busybox). Ends with 77 when it has to be skipped.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ntpd-ts-vm
KERNEL_PACKAGE=linux-image-cloud-amd64
# The guest's time is counted in instructions, and idle time passes at once: minutes of its time take less of ours.
LIMIT_SECONDS=${NTPD_TS_VM_LIMIT_SECONDS:-900}
CONSOLE_LOG=${NTPD_TS_VM_LOG:-}
# An evening on which a leap second may be inserted.
GUEST_DATE=2026-12-31T23:46:00

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

skip() {
  echo "SKIPPED: the system clock was NOT tested on a real kernel: $*" >&2
  exit 77
}

# fetch PACKAGE: unpacks a Debian package, without installing it, into the cache.
fetch() {
  local unpacked="$CACHE/$1"
  [ -d "$unpacked" ] && return
  command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || return 1
  mkdir -p "$CACHE" "$WORK/deb/$1"
  (cd "$WORK/deb/$1" && apt-get -q download "$1" > /dev/null 2>&1) || return 1
  dpkg-deb -x "$WORK/deb/$1"/*.deb "$WORK/deb/$1/unpacked" && mv "$WORK/deb/$1/unpacked" "$unpacked"
}

[ "$(uname -m)" = x86_64 ] || skip "the emulated machine is an x86_64, this one is not"
QEMU=$(command -v qemu-system-x86_64) || skip "there is no qemu-system-x86_64 (Debian: apt-get install qemu-system-x86)"
NODE=$(readlink -f "$(command -v node)")

KERNEL=${NTPD_TS_VM_KERNEL:-}
if [ -z "$KERNEL" ]; then
  package=$(apt-cache depends "$KERNEL_PACKAGE" 2> /dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  [ -n "$package" ] || skip "Debian's $KERNEL_PACKAGE is not known here (apt-get update?), and NTPD_TS_VM_KERNEL not set"
  fetch "$package" || skip "cannot download $package"
  KERNEL=$(find "$CACHE/$package/boot" -name 'vmlinuz-*')
fi
BUSYBOX=${NTPD_TS_VM_BUSYBOX:-}
if [ -z "$BUSYBOX" ]; then
  fetch busybox-static || skip "cannot download busybox-static"
  BUSYBOX=$(find "$CACHE/busybox-static" -path '*bin/busybox' -type f | head -1)
fi

cd "$ROOT"
IMAGE=$WORK/image
mkdir -p "$IMAGE"/{bin,dev,proc,sys,tmp,run,etc,root,app/addon/build/Release}
cp "$BUSYBOX" "$IMAGE/bin/busybox"
cp test/vm/init "$IMAGE/init"
cp "$NODE" "$IMAGE/bin/node"
cp addon/build/Release/ntpd_ts.node "$IMAGE/app/addon/build/Release/"
# The libraries that both need, where their loader looks for them.
ldd "$NODE" addon/build/Release/ntpd_ts.node | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do
  cp -L --parents "$library" "$IMAGE"
done
cp -r package.json dist "$IMAGE/app/"
npm ls --all --omit=dev --parseable | tail -n +2 | sort -u | while read -r module; do
  name=${module#"$ROOT"/}
  [ -d "$IMAGE/app/$name" ] && continue
  mkdir -p "$IMAGE/app/$(dirname "$name")"
  cp -rL "$module" "$IMAGE/app/$name"
done
node_modules/.bin/tsc -p test/vm/tsconfig.json --outDir "$IMAGE/app/guest"
mkdir -p "$IMAGE/app/guest/addon/build"
ln -s /app/addon/build/Release "$IMAGE/app/guest/addon/build/Release"
# What the test imports of the program is compiled beside it; the daemon itself is the built one.
(cd "$IMAGE" && find . | "$BUSYBOX" cpio -o -H newc 2> /dev/null) > "$WORK/initramfs"

echo "booting $(basename "$KERNEL") with $($QEMU --version | head -1)"
set +e
timeout --kill-after=10 "$LIMIT_SECONDS" "$QEMU" \
  -accel tcg -icount shift=2,sleep=off -machine pc -cpu max -smp 1 -m 1024 \
  -kernel "$KERNEL" -initrd "$WORK/initramfs" -append "console=ttyS0 quiet panic=-1 random.trust_cpu=on" \
  -rtc base=$GUEST_DATE,clock=vm -nodefaults -nic none -display none -serial stdio -no-reboot \
  < /dev/null | sed -u 's/\r//' | tee "$WORK/console" | grep --line-buffered -E '^(ok|FAILED|note|[0-9]+ passed)|panic'
status=${PIPESTATUS[0]}
set -e
[ -n "$CONSOLE_LOG" ] && cp "$WORK/console" "$CONSOLE_LOG"
if ! grep -qE '^[0-9]+ passed, [0-9]+ failed' "$WORK/console"; then
  tail -n 40 "$WORK/console" >&2
  echo "FAILED: the machine ended (status $status) before the checks did" >&2
  exit 1
fi
grep -qE '^[1-9][0-9]* passed, 0 failed' "$WORK/console"
