#include "ui/code_comment.h"

#include <array>
#include <optional>
#include <string_view>

#include "ui/widgets.h"

namespace ui {

namespace {

bool uses_port(const emu::Instruction& i) {
  return i.mnemonic == "in" || i.mnemonic == "out" || i.mnemonic.find("ins") != std::string::npos ||
         i.mnemonic.find("outs") != std::string::npos;
}

// Whether a conditional jump goes there; nothing: it is none. The names are Zydis's.
std::optional<bool> jump_is_taken(std::string_view name, const cpu::Registers& r) {
  const auto flag = [&](unsigned bit) { return (r.eflags >> bit & 1) != 0; };
  const bool carry = flag(0);
  const bool parity = flag(2);
  const bool zero = flag(6);
  const bool sign = flag(7);
  const bool overflow = flag(11);
  struct Condition {
    std::string_view name;
    bool holds;
  };
  const std::array<Condition, 16> conditions = {{{"jo", overflow},
                                                 {"jno", !overflow},
                                                 {"jb", carry},
                                                 {"jnb", !carry},
                                                 {"jz", zero},
                                                 {"jnz", !zero},
                                                 {"jbe", carry || zero},
                                                 {"jnbe", !carry && !zero},
                                                 {"js", sign},
                                                 {"jns", !sign},
                                                 {"jp", parity},
                                                 {"jnp", !parity},
                                                 {"jl", sign != overflow},
                                                 {"jnl", sign == overflow},
                                                 {"jle", zero || sign != overflow},
                                                 {"jnle", !zero && sign == overflow}}};
  for (const Condition& condition : conditions) {
    if (condition.name == name) return condition.holds;
  }
  if (name == "jcxz") return (r.general[cpu::kEcx] & 0xFFFF) == 0;
  if (name == "jecxz") return r.general[cpu::kEcx] == 0;
  return std::nullopt;
}

// "[DS:0413] = 0280"
std::string memory_now(const emu::MemoryOperand& memory, const cpu::Registers& r,
                       const PeekLinear& peek) {
  constexpr std::array<const char*, 6> names = {"ES", "CS", "SS", "DS", "FS", "GS"};
  const std::uint32_t offset = memory.offset(r);
  std::string words =
      std::string("[") + names[memory.segment] + ":" + hex(offset, memory.wide ? 8 : 4) + "]";
  std::array<std::uint8_t, 4> bytes{};
  if (memory.size == 0 || memory.size > bytes.size()) return words;
  if (!peek(r.segments[memory.segment].base + offset, std::span(bytes).first(memory.size)))
    return words;
  words += " = ";
  for (unsigned i = memory.size; i-- > 0;) words += hex(bytes[i], 2);
  return words;
}

// "4 rounds left" of what a REP prefix or LOOP repeats.
std::string rounds_left(const cpu::Registers& r, bool wide) {
  const std::uint32_t count = wide ? r.general[cpu::kEcx] : r.general[cpu::kEcx] & 0xFFFF;
  return grouped(count) + (count == 1 ? " round left" : " rounds left");
}

}  // namespace

std::string code_comment(const emu::Instruction& instruction) {
  const emu::Instruction& i = instruction;
  if (i.mnemonic == "int" && i.immediate)
    return emu::interrupt_name(static_cast<std::uint8_t>(*i.immediate), 0xFF);
  const bool port = uses_port(i) || (i.mnemonic == "mov" && i.operands.starts_with("dx,"));
  if (port && i.immediate) return emu::port_name(static_cast<std::uint16_t>(*i.immediate));
  return "";
}

std::string code_comment_now(const emu::Instruction& instruction, const cpu::Registers& registers,
                             const PeekLinear& peek) {
  const emu::Instruction& i = instruction;
  const cpu::Registers& r = registers;
  if (i.mnemonic == "int" && i.immediate) {
    return emu::interrupt_name(static_cast<std::uint8_t>(*i.immediate),
                               static_cast<std::uint8_t>(r.general[cpu::kEax] >> 8));
  }
  if (const auto taken = jump_is_taken(i.mnemonic, r)) return *taken ? "is taken" : "is not taken";
  std::string words;
  if (uses_port(i)) {
    words = emu::port_name(
        static_cast<std::uint16_t>(i.immediate ? *i.immediate : r.general[cpu::kEdx]));
  } else if (i.memory) {
    words = memory_now(*i.memory, r, peek);
  } else if (!i.repeats) {
    return code_comment(i);
  }
  if (!i.repeats) return words;
  return words + (words.empty() ? "" : ", ") + rounds_left(r, emu::wide_code(r));
}

}  // namespace ui
