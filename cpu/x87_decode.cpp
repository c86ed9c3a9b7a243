#include "cpu/x87_decode.h"

#include "cpu/x87_ops.h"

namespace cpu {

namespace {

// Codes that no manual names. A 486 refuses them; before, what they do is nobody's concern.
struct Reserved {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    return c.fpu.at_least(Fpu::i80486) ? undefined_opcode(c, i) : c.next(i);
  }
};

}  // namespace

EscapeMap::EscapeMap(Fpu unit) : unit_(unit) {
  for (auto& opcode : memory_) opcode.fill(x87::in_memory_not_waiting<Reserved>());
  for (auto& opcode : registers_) opcode.fill(x87::on_registers_not_waiting<Reserved>());
  install_x87_arithmetic(*this);
  install_x87_functions(*this);
  install_x87_moves(*this);
  install_x87_environment(*this);
}

const EscapeMap* escape_map(Fpu unit) {
  static const std::array<EscapeMap, 4> maps = {EscapeMap(Fpu::i8087), EscapeMap(Fpu::i80287),
                                                EscapeMap(Fpu::i80387), EscapeMap(Fpu::i80486)};
  return unit == Fpu::none ? nullptr : &maps[static_cast<std::size_t>(unit) - 1];
}

}  // namespace cpu
