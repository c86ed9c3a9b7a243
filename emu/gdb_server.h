// A GDB remote stub: stock gdb attaches with `target remote :1234`, steps, sets breakpoints, reads
// and writes registers and memory. The machine waits at reset until gdb says otherwise.
//
// [GDB]  Debugging with GDB, appendix E: the remote serial protocol
//
// Addresses are linear, through the guest's page tables. $eip is linear as well (CS base added), so
// that `x/i $eip` and breakpoints fit in real mode too; `set architecture i8086` makes gdb decode
// 16-bit code. With a history gdb goes back as well (reverse-stepi, reverse-continue). Not
// implemented: several threads, file transfer.
#pragma once

#include <atomic>
#include <string>

#include "emu/session.h"

namespace emu {

// `where`: ":1234" or "127.0.0.1:1234"; port 0 takes a free one. Says where it listens on stderr.
// Serves one gdb after the other until the guest ends or `interrupted`. Throws UsageError,
// std::system_error.
Verdict run_gdb_server(Machine& machine, const std::string& where, bool history,
                       const std::atomic<bool>& interrupted);

}  // namespace emu
