// A decoded instruction and a run of them: what the decoder makes and the handlers live on.
#pragma once

#include <bit>
#include <cstdint>

namespace cpu {

static_assert(std::endian::native == std::endian::little,
              "guest memory and register parts are accessed in host order");

class Core;
struct Insn;

// Executes `insn` and returns the one to execute next, or null: back to the loop, with Core::eip
// set.
using Handler = Insn* (*)(Core&, Insn*);

// Index of the register that is always zero: absent base or index.
inline constexpr std::uint8_t kZeroRegister = 8;

enum class Repeat : std::uint8_t { none, equal, not_equal };  // F3 (also plain REP), F2

struct Insn {
  Handler handler = nullptr;
  // Of the memory operand. A relative jump has none: for it, the run it leads to
  // (TraceCache::linked).
  std::uint32_t displacement = 0;
  std::uint32_t immediate = 0;   // of a relative jump: from the start of the run
  std::uint16_t immediate2 = 0;  // selector of a far pointer, level of ENTER
  std::uint16_t next = 0;        // offset of the following instruction from the start of the run
  std::uint8_t length = 0;
  std::uint8_t left = 0;     // how many instructions of the run follow this one
  std::uint8_t segment = 0;  // of the memory operand, override included
  std::uint8_t base = kZeroRegister;
  std::uint8_t index = kZeroRegister;
  std::uint8_t scale = 0;  // shift count of the index
  // Register operands. Byte registers as offsets into the register file (AH = 1), others as its
  // index.
  std::uint8_t reg = 0;
  std::uint8_t rm = 0;
  Repeat repeat = Repeat::none;
  // Behind how many instructions from this one on the run cannot be left: the handler executes the
  // following ones too, or leaves flags to the next one.
  std::uint8_t fused = 0;
};
static_assert(sizeof(Insn) == 32);

// What a run is decoded for, beside its bytes.
struct CodeKind {
  bool size32 = false;  // CS.D
  bool plain = false;   // the data segments have nothing to check, see Core::update_plain

  bool operator==(const CodeKind&) const = default;
};

// Straight-line code, decoded: `count` instructions of `bytes` bytes, one page, one mode. Behind
// the last one stands an end mark, so insns[i + 1] always exists.
struct Run {
  Insn* insns = nullptr;
  std::uint32_t physical = 0;
  std::uint32_t bytes = 0;
  // Compared with the remaining budget; a run that was invalidated never fits.
  std::int64_t count = kNeverFits;
  Run* next_same_bucket = nullptr;
  Run* next_same_page = nullptr;
  CodeKind kind;

  static constexpr std::int64_t kNeverFits = std::int64_t{1} << 50;
};

}  // namespace cpu
