#!/bin/sh
# Where handlers chain (PLATTER_TAIL_CHAIN), none may call the next one: that is recursion without end. The
# handler is the first field of Insn, so a call of it has no displacement, while calls of the Bus and of
# devices go through later slots of their tables.
# usage: tail_calls.sh BINARY 1|0
[ "$2" = 1 ] || { echo "handlers do not chain in this build"; exit 77; }
command -v objdump >/dev/null || { echo "no objdump"; exit 77; }
listing=$(objdump -d --no-show-raw-insn -C "$1") || exit 1
chained=$(printf '%s\n' "$listing" | grep -c 'jmp *\*')
calls=$(printf '%s\n' "$listing" | awk '
  /^[0-9a-f]+ <.*>:$/ { name = $0 }
  / call +\*\(%r[a-z0-9]+\)$/ && name ~ /cpu::/ && name !~ /cpu::Core::(execute|run)/ { print name, $0 }')
echo "$chained jumps to a handler"
[ "$chained" -gt 100 ] || { echo "too few: are the handlers in $1?"; exit 1; }
[ -z "$calls" ] && exit 0
printf 'handlers that call instead of jumping:\n%s\n' "$calls"
exit 1
