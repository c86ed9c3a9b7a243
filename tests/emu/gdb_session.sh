#!/bin/bash
# Stock gdb against the stub: break where the boot sector begins, step, read and write memory and registers, watch memory, go on.
# Then the way back, with --history.
# Usage: gdb_session.sh PLATTER
set -u
platter=$1
command -v gdb >/dev/null || { echo "skipped: gdb is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'kill $program 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

# begin OPTION...: a server; its port in $port.
begin() {
  "$platter" --gdb 127.0.0.1:0 "$@" >"$folder/out" 2>&1 &
  program=$!
  port=
  for _ in $(seq 100); do
    port=$(sed -n 's/.*waiting at 127.0.0.1:\([0-9]*\);.*/\1/p' "$folder/out")
    [ -n "$port" ] && break
    kill -0 "$program" 2>/dev/null || { cat "$folder/out"; echo "FAIL: no server"; exit 1; }
    sleep 0.1
  done
}
begin --debugcon "$folder/console"
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
ready=
for _ in $(seq 300); do
  grep -q READY "$folder/console" 2>/dev/null && { ready=yes; break; }
  sleep 0.1
done
[ -n "$ready" ] || { echo "FAIL: the guest did not go on after detach"; exit 1; }
kill "$program" && wait "$program" 2>/dev/null

begin --history
cat >"$folder/commands" <<END
set confirm off
set pagination off
set tcp connect-timeout 20
target remote 127.0.0.1:$port
break *0x7c00
continue
printf "boot sp=%x\n", \$esp
set var \$sp0 = \$esp
stepi
stepi
stepi
set var \$third = \$eip
stepi
reverse-stepi
printf "back at third %d\n", \$eip == \$third
reverse-stepi
reverse-stepi
reverse-stepi
printf "back at boot eip=%x sp %d\n", \$eip, \$esp == \$sp0
delete
watch *(unsigned short *)0x46c
continue
continue
set var \$count = *(unsigned short *)0x46c
reverse-continue
printf "counted down %d\n", \$count - *(unsigned short *)0x46c
delete
break *0x7c00
reverse-continue
printf "again at eip=%x\n", \$eip
delete
reverse-continue
printf "first eip=%x\n", \$eip
kill
END
timeout 120 gdb -nx -q -batch -x "$folder/commands" >"$folder/gdb" 2>&1
cat "$folder/gdb"
check '^back at third 1$'
check '^back at boot eip=7c00 sp 1$'
check '^counted down 1$'
check '^again at eip=7c00$'
check 'No more reverse-execution history|Reached end of recorded history'
check '^first eip=fffffff0$'
echo "ok: broke at 7C00h, stepped, changed memory and a register, watched memory, went on; and went back"
