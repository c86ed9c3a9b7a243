#!/bin/bash
# What `platter image` refuses to touch: names that lead out of an image's folder, files in use by us or by QEMU; and
# what Ctrl-C leaves. Usage: image_safety.sh PLATTER
. "$(dirname "$0")/../support/harness.sh"
need_platter
cd "$work"
export LC_ALL=C

ours() { "$platter" image "$@"; }

# refused WHAT COMMAND...: exit code 1, nothing on stdout, one line on stderr with our name and not too long.
refused() {
  local what=$1 got=0
  shift
  "$@" >out.txt 2>err.txt || got=$?
  [ "$got" = 1 ] || fail "$what: exit code $got"
  [ ! -s out.txt ] || fail "$what: words on stdout"
  [ "$(grep -vc '^platter: warning: ' err.txt)" = 1 ] || fail "$what: $(cat err.txt)"
  grep -v '^platter: warning: ' err.txt | grep -qE '^platter: .{1,390}$' || fail "$what: $(cat err.txt)"
}

# says TEXT: the refusal names that.
says() { grep -qF -- "$1" err.txt || fail "no '$1' in: $(cat err.txt)"; }

# -- Names inside images.
mkdir -p in/folder out
head -c 65536 /dev/urandom >out/secret.raw
head -c 65536 /dev/zero >in/local.raw
ln -s ../out in/link
ln -s ../out/secret.raw in/linkfile
ln -s local.raw in/linklocal
mkfifo in/pipe

descriptor() {
  printf '# Disk DescriptorFile\nversion=1\nCID=11223344\nparentCID=ffffffff\ncreateType="custom"\nRW 8 FLAT "%s" 0\n' \
    "$1" >in/d.vmdk
}

for name in "$work/out/secret.raw" ../out/secret.raw folder/../../out/secret.raw link/secret.raw linkfile pipe folder \
  /dev/zero /dev/stdin /proc/self/mem http://host/disk nbd:host:1 c:disk "$(printf 'a\001b')" 'folder/' . ..; do
  descriptor "$name"
  for verb in info map check "convert -O raw" "io -c 'read 0 512'"; do
    operands=in/d.vmdk
    [ "${verb%% *}" != convert ] || operands="in/d.vmdk made.raw"
    # shellcheck disable=SC2086  # words
    refused "$verb with extent $name" eval "ours $verb $operands"
    [ ! -e made.raw ] || fail "convert made a target of what it refused"
  done
done
descriptor ../out/secret.raw
refused "an extent elsewhere" ours info in/d.vmdk
says "in/d.vmdk: names \"../out/secret.raw\", which leads out of its folder"
for permitted in out out/secret.raw "$work/out"; do ours info --allow-dir $permitted in/d.vmdk >/dev/null; done
refused "an extent elsewhere, in spite of another permission" ours info --allow-dir in in/d.vmdk
for name in local.raw ./local.raw linklocal folder/../local.raw; do
  descriptor "$name"
  case $name in
    folder/*) refused "..": ours info in/d.vmdk ;;
    *) ours info in/d.vmdk >/dev/null || fail "extent $name was refused" ;;
  esac
done

# Parents: what the child records, with permission; what the user types, without.
ours create -q -f vmdk out/base.vmdk 1M
ours create -q -f vmdk -b ../out/base.vmdk -F vmdk in/child.vmdk 2>err.txt
grep -q 'warning.*--allow-dir' err.txt || fail "no warning that the child needs permission"
ours info in/child.vmdk >/dev/null || fail "plain info follows a parent"
refused "a parent elsewhere" ours map in/child.vmdk
says "in/child.vmdk: names \"$work/out/base.vmdk\""
ours map --allow-dir out in/child.vmdk >/dev/null
ours io --allow-dir out -c 'write 0 64k' in/child.vmdk >/dev/null

# A parent that was exchanged for a raw disk with a descriptor in it leads nowhere.
ours create -q -f vmdk in/p.vmdk 64K
ours create -q -f vmdk -b p.vmdk -F vmdk in/c.vmdk
descriptor "$work/out/secret.raw"
mv in/d.vmdk in/p.vmdk
refused "a parent that names a file elsewhere" ours convert -O raw in/c.vmdk made.raw
# A guest's disk that begins like a descriptor is no VMDK to whoever says that it is raw.
descriptor "$work/out/secret.raw"
truncate -s 64K in/d.vmdk
ours convert -f raw -O raw in/d.vmdk made.raw
cmp in/d.vmdk made.raw || fail "-f raw did not take the bytes as they are"
# A circle of parents ends.
ours create -q -f vmdk in/a.vmdk 64K
ours create -q -f vmdk -b a.vmdk -F vmdk in/b.vmdk
ours rebase -u -b b.vmdk -F vmdk in/a.vmdk
refused "a circle of parents" ours map in/b.vmdk

# -- Files in use.
ours create -q -f vmdk -o subformat=twoGbMaxExtentFlat,extent_size=1M used.vmdk 4M
hold() {  # hold COMMAND...: until `release`; the command reads its stdin
  mkfifo hold.pipe
  "$@" <hold.pipe >held.txt 2>&1 &
  holder=$!
  exec 9>hold.pipe
  rm hold.pipe
  # Until it has the file.
  for _ in $(seq 100); do
    ls -l /proc/$holder/fd 2>/dev/null | grep -q "used-f004" && break
    sleep 0.1
  done
  sleep 0.3
}
release() {
  exec 9>&-
  wait $holder || true
}
hold "$platter" image io -f vmdk used.vmdk
refused "a second writer" ours io -c 'write 0 512' used.vmdk
says "has it open for writing"
refused "a reader beside a writer" ours info used.vmdk
ours info -U used.vmdk >/dev/null 2>err.txt || fail "-U does not read"
grep -q 'warning' err.txt || fail "-U does not warn"
refused "-U for writing" ours resize -U used.vmdk 8M
if command -v qemu-io >/dev/null; then
  ! qemu-io -f vmdk -c 'read 0 512' used.vmdk >/dev/null 2>&1 || fail "qemu-io opens what we are writing"
fi
release
hold "$platter" image io -r -f vmdk used.vmdk
ours info used.vmdk >/dev/null || fail "two readers"
refused "a writer beside a reader" ours io -c 'write 0 512' used.vmdk
says "forbids writing"
if command -v qemu-io >/dev/null; then
  ! qemu-io -f vmdk -c 'write 0 512' used.vmdk >/dev/null 2>&1 || fail "qemu-io writes what we are reading"
  qemu-img info used.vmdk >/dev/null || fail "qemu-img cannot read beside us"
fi
release
if command -v qemu-io >/dev/null; then
  hold qemu-io -f vmdk used.vmdk
  refused "a reader beside QEMU" ours info used.vmdk
  says "has it open for writing"
  refused "a writer beside QEMU" ours io -c 'write 0 512' used.vmdk
  ours check -U used.vmdk >/dev/null 2>&1 || fail "check -U beside QEMU"
  release
  hold qemu-io -r -f vmdk used.vmdk
  ours info used.vmdk >/dev/null || fail "a reader beside QEMU's"
  refused "a writer beside QEMU's reader" ours io -c 'write 0 512' used.vmdk
  release
fi
# One file twice, by another name.
ln used-f001.vmdk twice.raw
printf 'CID=1\nRW 2048 FLAT "used-f001.vmdk" 0\nRW 2048 FLAT "twice.raw" 0\n' >twice.vmdk
refused "one file as two extents" ours io -c 'write 0 512' twice.vmdk
refused "convert onto itself" ours convert -f raw -O raw twice.raw used-f001.vmdk

# -- Ctrl-C: a valid target or none, and the source as it was.
head -c 200M /dev/urandom >big.raw
sum=$(cksum <big.raw)
for options in "-O raw" "-O vmdk" "-O vmdk -o subformat=twoGbMaxExtentSparse,extent_size=16M" "-O vmdk -c"; do
  for delay in 0.02 0.1 0.3; do
    # shellcheck disable=SC2086  # words
    "$platter" image convert -f raw $options big.raw stopped.img 2>err.txt &
    pid=$!
    sleep $delay
    kill -INT $pid 2>/dev/null || true
    got=0
    wait $pid || got=$?
    case $got in
      0) ours compare -f raw big.raw stopped.img >/dev/null || fail "convert $options: ends well, wrong target" ;;
      130) [ -z "$(ls stopped* 2>/dev/null)" ] || fail "convert $options: left $(echo stopped*)" ;;
      *) fail "interrupted convert $options: exit code $got: $(cat err.txt)" ;;
    esac
    rm -f stopped*
  done
done
[ "$(cksum <big.raw)" = "$sum" ] || fail "an interrupted convert changed its source"
ours convert -f raw -O vmdk big.raw base.vmdk
for verb in "commit" "flatten" "compact"; do
  rm -f child.vmdk && ours create -q -f vmdk -b base.vmdk -F vmdk child.vmdk
  ours io -c 'write -P 1 1M 60M' child.vmdk >/dev/null
  ours convert -O raw child.vmdk wanted.raw
  "$platter" image $verb child.vmdk >/dev/null 2>err.txt &
  pid=$!
  sleep 0.05
  kill -INT $pid 2>/dev/null || true
  got=0
  wait $pid || got=$?
  [ "$got" = 0 ] || [ "$got" = 130 ] || fail "interrupted $verb: exit code $got: $(cat err.txt)"
  ours compare -F raw child.vmdk wanted.raw >/dev/null || fail "an interrupted $verb changed what the child shows"
  ours check --chain child.vmdk >/dev/null || [ $? = 3 ] || fail "check after an interrupted $verb"
  ours $verb child.vmdk >/dev/null || fail "$verb cannot be repeated"
  ours compare -F raw child.vmdk wanted.raw >/dev/null || fail "a repeated $verb changed what the child shows"
done

# -- Output that cannot be written is an error.
got=0
ours map --output json base.vmdk >/dev/full 2>err.txt || got=$?
[ "$got" = 1 ] || fail "exit code $got when stdout is full"
# A host file that may not grow: the image stays whole.
rm -f small.vmdk && ours create -q -f vmdk small.vmdk 64M
ours io -c 'write -P 7 0 1M' small.vmdk >/dev/null
got=0
(ulimit -f 2048 && ours io -c 'write -P 8 1M 32M' -c 'read -P 7 0 1M' small.vmdk >out.txt 2>&1) || got=$?
[ "$got" = 1 ] || fail "exit code $got when the file may not grow"
grep -q '^error: no space' out.txt || fail "no room, and it says: $(cat out.txt)"
ours io -c 'read -P 7 0 1M' -c 'write -P 9 1M 8M' -c 'read -P 9 1M 8M' small.vmdk >/dev/null || fail "writing on"
ours check small.vmdk >/dev/null || fail "check after no room"
echo "image tool: keeps to its folder, its locks and its word"
