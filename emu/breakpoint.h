// Conditions that stop a machine, as words: "exec f000:e05b", "exec 7c00", "int 13 ah=03",
// "port 3f8 write", "mem 40:6c..6f write", "disk ide0.0 write lba 0..62", "file C:/CONFIG.SYS
// write". Parsed here, tested by the board.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpu/cpu.h"
#include "emu/config.h"
#include "emu/file_watch.h"

namespace emu {

struct Breakpoint {
  enum class Kind : std::uint8_t {
    execute,    // the instruction at `first`, a linear address, is next
    interrupt,  // INT `first` is next (the instruction, not a hardware interrupt)
    port,       // an access to a port first..last was made
    memory,     // the processor read or wrote some of first..last
    disk,       // a request to the drive touched sectors first..last
    file,       // a request touched the file, wherever its clusters are by now
  };
  // A register that must hold a value: "ah=03". `shift` and `mask` pick the part of the whole one.
  struct Condition {
    cpu::RegisterIndex index;
    std::uint8_t shift;
    std::uint32_t mask;
    std::uint32_t value;
  };

  Kind kind = Kind::execute;
  std::uint64_t first = 0, last = 0;
  bool reads = true, writes = true;
  bool physical = false;  // the addresses of `memory`; linear otherwise
  DriveSlot slot = DriveSlot::fd0;
  FileName file;
  std::vector<Condition> conditions;

  bool before_instruction() const { return kind == Kind::execute || kind == Kind::interrupt; }
};

// Numbers are hexadecimal, as debuggers have them, but for LBAs; a path with blanks stands in "".
// Throws UsageError.
Breakpoint parse_breakpoint(std::string_view text);

// What a breakpoint on memory saw, and which instruction did it.
struct MemoryHit {
  unsigned id = 0;
  cpu::MemoryAccess access;
  std::uint16_t cs = 0;
  std::uint32_t eip = 0;
};
// "F000:E05B wrote 41 to 000B8000, was 20"
std::string describe(const MemoryHit& hit);

// The breakpoints of one machine and which of them were hit by the present stop.
class BreakpointSet {
 public:
  unsigned add(Breakpoint breakpoint);
  void remove(unsigned id);

  // Somebody wants to look before every instruction.
  bool watches_instructions() const { return instruction_count_ != 0; }
  bool watches_ports() const { return port_count_ != 0; }
  bool watches_memory() const { return memory_count_ != 0; }
  bool watches_page(std::uint32_t linear, std::uint32_t physical) const;

  void instruction(const cpu::Cpu& processor, const cpu::Memory& memory);
  void port(std::uint16_t port, bool write, const cpu::Cpu& processor);
  // True: a breakpoint was hit.
  bool memory(const cpu::MemoryAccess& access, const cpu::Cpu& processor);
  void disk(FileWatch::Taps taps, DriveSlot slot, const DriveAccess& access,
            const cpu::Cpu& processor);
  // Breakpoints on files learn where these are: after add(), before the guest goes on.
  void find_files(FileWatch::Taps taps);

  // The machine was brought to another moment. `passed`: what stops before its next instruction has
  // stopped it already.
  void moved(const cpu::Cpu& processor, bool passed) {
    previous_address_ = ~std::uint64_t{0};
    stopped_at_ = passed ? processor.instructions() : ~std::uint64_t{0};
    clear_hits();
  }

  bool any_hit() const { return !hits_.empty(); }
  const std::vector<unsigned>& hits() const { return hits_; }
  // The first access that a breakpoint on memory was hit by.
  const std::optional<MemoryHit>& memory_hit() const { return memory_hit_; }
  void clear_hits() {
    hits_.clear();
    memory_hit_.reset();
  }

 private:
  struct Row {
    unsigned id;
    Breakpoint breakpoint;
    std::optional<FileWatch> file;  // once it was looked for
  };
  bool hit(const Row& row, const cpu::Registers& registers);
  void count();

  std::vector<Row> rows_;
  std::vector<unsigned> hits_;
  std::optional<MemoryHit> memory_hit_;
  std::size_t instruction_count_ = 0, port_count_ = 0, memory_count_ = 0;
  unsigned next_id_ = 1;
  // The instruction that stopped the machine last must run when it goes on.
  std::uint64_t stopped_at_ = ~std::uint64_t{0};
  std::uint64_t previous_address_ = ~std::uint64_t{0};
};

}  // namespace emu
