#!/bin/bash
# Stock gdb against the stub: break where the boot sector begins, step, read and write memory and registers, watch memory, go on.
# Usage: gdb_session.sh PLATTER
set -u
platter=$1
command -v gdb >/dev/null || { echo "skipped: gdb is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'kill $program 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

"$platter" --gdb 127.0.0.1:0 --debugcon "$folder/console" >"$folder/out" 2>&1 &
program=$!
port=
for _ in $(seq 100); do
  port=$(sed -n 's/.*waiting at 127.0.0.1:\([0-9]*\);.*/\1/p' "$folder/out")
  [ -n "$port" ] && break
  kill -0 "$program" 2>/dev/null || { cat "$folder/out"; echo "FAIL: no server"; exit 1; }
  sleep 0.1
done
cat >"$folder/commands" <<END
set confirm off
set pagination off
set tcp connect-timeout 20
target remote 127.0.0.1:$port
printf "reset eip=%x\n", \$eip
break *0x7c00
continue
printf "boot eip=%x cs=%x\n", \$eip, \$cs
x/2xb 0x7dfe
stepi
printf "stepped eip=%x\n", \$eip
set var *(unsigned char *)0x600 = 0x5a
x/1xb 0x600
set var \$ebx = 0x1234abcd
printf "ebx=%x\n", \$ebx
info registers eflags
delete
watch *(unsigned short *)0x46c
continue
printf "tick at %x\n", \$eip
delete
rwatch *(unsigned short *)0x20
continue
delete
awatch *(unsigned char *)0x46c
continue
delete
detach
END
timeout 120 gdb -nx -q -batch -x "$folder/commands" >"$folder/gdb" 2>&1
cat "$folder/gdb"
check() {
  grep -qE "$1" "$folder/gdb" || { echo "FAIL: gdb did not show '$1'"; exit 1; }
}
check '^reset eip=fffffff0$'
check '^boot eip=7c00 cs=0$'
check '0x7dfe:[[:space:]]+0x55[[:space:]]+0xaa'
check '^stepped eip=7c0[1-9a-f]$'
check '0x600:[[:space:]]+0x5a'
check '^ebx=1234abcd$'
# The timer interrupt reads its vector at 0:20h; the BIOS counts at 40:6C.
check '^Hardware watchpoint 2: '
check '^New value = [0-9]+'
check '^tick at f[0-9a-f]{4}$'
check '^Hardware read watchpoint 3: '
check '^Hardware access \(read/write\) watchpoint 4: '
# Detached, the guest goes on: the demo comes up and says so.
for _ in $(seq 300); do
  grep -q READY "$folder/console" 2>/dev/null && { echo "ok: broke at 7C00h, stepped, changed memory and a register, watched memory, went on"; exit 0; }
  sleep 0.1
done
echo "FAIL: the guest did not go on after detach"
exit 1
