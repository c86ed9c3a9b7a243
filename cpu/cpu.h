// The processor as its board sees it. Inside: docs/cpu.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "cpu/access_watch.h"
#include "cpu/bus.h"
#include "cpu/memory.h"

namespace cpu {

// i80486: a late one, with CPUID. pentium: TSC, CMPXCHG8B, MSRs, 4 MiB pages on top of that.
enum class Model : std::uint8_t { i8086, i80186, i80286, i80386, i80486, pentium };

// cached: decode once, run traces. step: decode every instruction anew. Same results, same counts.
enum class Engine : std::uint8_t { cached, step };

// The coprocessor. i80486: the unit inside a 486 and later.
enum class Fpu : std::uint8_t { none, i8087, i80287, i80387, i80486 };

enum class Activity : std::uint8_t {
  running,
  halted,   // HLT: waits for an interrupt
  shutdown  // fault while delivering a double fault; only reset leaves it
};

enum SegmentIndex : std::uint8_t { kEs, kCs, kSs, kDs, kFs, kGs };
enum RegisterIndex : std::uint8_t { kEax, kEcx, kEdx, kEbx, kEsp, kEbp, kEsi, kEdi };

// Architectural state as a plain value: for the debugger, tests and state files.
struct Registers {
  struct Segment {
    std::uint16_t selector = 0;
    std::uint32_t base = 0;
    std::uint32_t limit = 0xFFFF;
    // Descriptor bits 8-15 in bits 0-7, 20-23 in 12-15 (4000h: D/B). 0: not usable, as after a null
    // selector.
    std::uint16_t access = 0;
    bool operator==(const Segment&) const = default;
  };
  std::array<std::uint32_t, 8> general{};  // by RegisterIndex
  std::uint32_t eip = 0;
  std::uint32_t eflags = 2;
  std::array<Segment, 6> segments{};  // by SegmentIndex
  std::uint32_t cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0;
  std::uint64_t time_stamp_base = 0;  // TSC = this + Bus::time_stamp()
  std::array<std::uint32_t, 8> dr{};
  std::array<std::uint32_t, 8> test{};  // TR6, TR7 of the 386
  Segment ldtr, tr;
  std::uint32_t gdtr_base = 0, idtr_base = 0;
  std::uint16_t gdtr_limit = 0xFFFF, idtr_limit = 0x3FF;
  Activity activity = Activity::running;
  // Interrupts held off for one instruction after MOV SS / STI.
  bool interrupt_shadow = false;
  bool nmi_pending = false;
  bool nmi_blocked = false;  // from NMI to IRET, 286 and later
  bool operator==(const Registers&) const = default;
};

// An exception as it was delivered, for post-mortems.
struct Delivery {
  std::uint8_t vector = 0;
  bool has_error_code = false;
  std::uint16_t error_code = 0;
  std::uint16_t cs = 0;
  std::uint32_t eip = 0;
  std::uint32_t cr2 = 0;  // of a page fault
};

// The coprocessor's state as a plain value. Registers by their own number, not by the stack's.
struct X87State {
  struct Register {
    std::uint64_t mantissa = 0;
    std::uint16_t head = 0;  // sign and exponent
    bool operator==(const Register&) const = default;
  };
  std::array<Register, 8> registers{};
  std::uint8_t used = 0;  // bit n: register n is not empty
  std::uint16_t control = 0x037F;
  std::uint16_t status = 0;  // with TOP
  std::uint32_t instruction_offset = 0, operand_offset = 0;
  std::uint16_t instruction_selector = 0, operand_selector = 0;
  std::uint16_t opcode = 0;       // 11 bits
  bool protected_format = false;  // 287 after FSETPM
  bool error_signalled = false;   // the level of the error pin
  bool operator==(const X87State&) const = default;
};

class Core;

class Cpu {
 public:
  Cpu(Model model, Memory& memory, Bus& bus, Engine engine = Engine::cached, Fpu fpu = Fpu::none);
  ~Cpu();
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  // RESET pin: execution starts 16 bytes below the top of the model's address space (1 MiB, 16 MiB,
  // 4 GiB), registers as the manual says. Memory stays.
  void reset();

  // Runs until `budget` instructions (at least 1) are retired, or the processor halts, shuts down
  // or is asked to leave. Returns how many were retired: never more than the budget. An interrupt
  // delivery or fault costs what docs/cpu.md says, the same in both engines.
  std::uint64_t run(std::uint64_t budget);

  // Called from inside a Bus or MMIO callback: run() returns after the current instruction (REP:
  // iteration).
  void request_exit();

  // Instructions retired since construction; exact inside Bus and MMIO callbacks too (the current
  // one not counted).
  std::uint64_t instructions() const;

  // EIP of the instruction under way, inside callbacks; of the next one between runs.
  std::uint32_t current_eip() const;

  // Shows accesses to some pages to somebody; null: to nobody. To be called again, between runs,
  // when what they want has changed. The guest cannot tell.
  void watch_accesses(AccessWatch* watch);

  void set_intr(bool level);  // INTR pin, sampled at instruction boundaries
  void raise_nmi();           // NMI edge
  // IGNNE# pin: an unserviced coprocessor error no longer stops the next coprocessor instruction.
  void set_ignore_coprocessor_error(bool level);

  Model model() const;
  Fpu fpu() const;
  Activity activity() const;

  Registers registers() const;
  void set_registers(const Registers& registers);
  X87State x87() const;
  void set_x87(const X87State& state);

  // Most recent control transfers, oldest first, for post-mortems: linear addresses of run starts.
  std::span<const std::uint32_t> recent_runs() const;
  // The last exceptions, oldest first.
  std::span<const Delivery> recent_exceptions() const;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace cpu
