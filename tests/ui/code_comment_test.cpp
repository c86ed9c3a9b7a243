// What the Disassembly panel says beside an instruction.
#include "ui/code_comment.h"

#include <array>
#include <vector>

#include "cpu/registers.h"
#include "tests/catch.hpp"

namespace {

emu::Instruction decode(const std::vector<std::uint8_t>& bytes, bool wide = false) {
  const emu::Disassembler disassembler;
  return disassembler.decode(bytes, 0x100, wide);
}

// Memory in which every byte is the low byte of its address.
bool count_up(std::uint32_t linear, std::span<std::uint8_t> bytes) {
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(linear++);
  return true;
}

std::string now(const std::vector<std::uint8_t>& bytes, const cpu::Registers& r,
                bool wide = false) {
  return ui::code_comment_now(decode(bytes, wide), r, count_up);
}

}  // namespace

TEST_CASE("code comment: calls and ports are named wherever the code tells which", "[ui]") {
  CHECK(ui::code_comment(decode({0xCD, 0x13})) == "disk");
  CHECK(ui::code_comment(decode({0xE4, 0x60})) == "keyboard data");                // IN AL, 60h
  CHECK(ui::code_comment(decode({0xBA, 0xF7, 0x01})) == "ATA 0 status, command");  // MOV DX, 1F7h
  CHECK(ui::code_comment(decode({0xEE})).empty());                                 // OUT DX, AL
  CHECK(ui::code_comment(decode({0x90})).empty());

  cpu::Registers r;
  r.general[cpu::kEax] = 0x0201;
  r.general[cpu::kEdx] = 0x1F7;
  CHECK(now({0xCD, 0x13}, r) == "disk: read sectors");
  CHECK(now({0xEE}, r) == "ATA 0 status, command");
}

TEST_CASE("code comment: what memory holds where the next instruction will look", "[ui]") {
  cpu::Registers r;
  r.segments[cpu::kDs].base = 0x4000;
  r.segments[cpu::kSs].base = 0x8000;
  r.segments[cpu::kEs].base = 0x10000;
  r.general[cpu::kEbx] = 0xFFF0;
  r.general[cpu::kEsi] = 0x0020;
  r.general[cpu::kEbp] = 0x0100;
  CHECK(now({0x8A, 0x00}, r) == "[DS:0010] = 10");                // MOV AL, [BX+SI], wraps
  CHECK(now({0x8B, 0x46, 0xFE}, r) == "[SS:00FE] = FFFE");        // MOV AX, [BP-2]
  CHECK(now({0x26, 0xA1, 0x34, 0x12}, r) == "[ES:1234] = 3534");  // MOV AX, ES:[1234h]
  CHECK(now({0x8D, 0x40, 0x05}, r) == "[DS:0015]");               // LEA AX, [BX+SI+5]
  CHECK(now({0xF3, 0xA4}, r).ends_with("0 rounds left"));         // REP MOVSB
  r.general[cpu::kEcx] = 0x10003;
  CHECK(now({0xF3, 0xA4}, r).ends_with("3 rounds left"));

  // MOV EAX, [EBX+ESI*4+8] in 32-bit code
  r.segments[cpu::kCs].access = cpu::kAccessBig;
  CHECK(now({0x8B, 0x44, 0xB3, 0x08}, r, true) == "[DS:00010078] = 7B7A7978");

  const auto unknown = [](std::uint32_t, std::span<std::uint8_t>) { return false; };
  CHECK(ui::code_comment_now(decode({0x8A, 0x00}), r, unknown) == "[DS:0010]");
}

TEST_CASE("code comment: a conditional jump says whether it will be taken", "[ui]") {
  // Each pair of opcodes 70h to 7Fh tests one condition and its opposite; the flags that make the
  // first of them go there. [386] Appendix C
  struct Row {
    std::uint8_t opcode;
    std::uint32_t eflags;
  };
  constexpr std::uint32_t cf = 1;
  constexpr std::uint32_t pf = 1U << 2;
  constexpr std::uint32_t zf = 1U << 6;
  constexpr std::uint32_t sf = 1U << 7;
  constexpr std::uint32_t of = 1U << 11;
  constexpr std::array<Row, 10> rows = {{{0x70, of},
                                         {0x72, cf},
                                         {0x74, zf},
                                         {0x76, cf},
                                         {0x76, zf},
                                         {0x78, sf},
                                         {0x7A, pf},
                                         {0x7C, sf},
                                         {0x7E, of},
                                         {0x7E, zf}}};
  for (const Row& row : rows) {
    CAPTURE(int{row.opcode}, row.eflags);
    const auto opposite = static_cast<std::uint8_t>(row.opcode + 1);
    cpu::Registers r;
    r.eflags = row.eflags;
    CHECK(now({row.opcode, 0x10}, r) == "is taken");
    CHECK(now({opposite, 0x10}, r) == "is not taken");
    r.eflags = 0;
    CHECK(now({row.opcode, 0x10}, r) == "is not taken");
    CHECK(now({opposite, 0x10}, r) == "is taken");
  }
  cpu::Registers r;
  r.eflags = sf | of;
  CHECK(now({0x7C, 0x10}, r) == "is not taken");  // JL: the signs agree
  r.general[cpu::kEcx] = 0x10000;
  CHECK(now({0xE3, 0x10}, r) == "is taken");  // JCXZ looks at CX alone
  CHECK(now({0xEB, 0x10}, r).empty());        // JMP
}
