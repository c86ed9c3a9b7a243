// The coprocessor's opcode map: which handler an escape has. By unit, as the generations have
// different instructions; the x87_*.cpp files contribute their lines like the ops_*.cpp files do.
#pragma once

#include <array>

#include "cpu/decode.h"

namespace cpu {

class EscapeMap {
 public:
  explicit EscapeMap(Fpu unit);

  bool at_least(Fpu wanted) const { return unit_ >= wanted; }
  Fpu unit() const { return unit_; }

  // opcode: D8..DF, reg: ModRM's middle field.
  void in_memory(unsigned opcode, unsigned reg, const HandlersBySize& handlers) {
    memory_[opcode & 7][reg] = handlers;
  }
  // Both bytes, such as 0xD9E0.
  void on_registers(unsigned code, Handler handler) {
    registers_[code >> 8 & 7][code & 0x3F] = handler;
  }
  // Eight of them, the low three bits name a register.
  void on_each_register(unsigned code, Handler handler) {
    for (unsigned i = 0; i < 8; ++i) on_registers(code + i, handler);
  }

  Handler find(unsigned opcode, unsigned modrm, bool size32, Place place) const {
    if (place == kRegister) return registers_[opcode & 7][modrm & 0x3F];
    return memory_[opcode & 7][modrm >> 3 & 7][size32 ? 1 : 0][place];
  }

 private:
  Fpu unit_;
  std::array<std::array<HandlersBySize, 8>, 8> memory_{};
  std::array<std::array<Handler, 64>, 8> registers_{};
};

// Null for Fpu::none.
const EscapeMap* escape_map(Fpu unit);

void install_x87_arithmetic(EscapeMap& map);   // x87_arithmetic.cpp
void install_x87_functions(EscapeMap& map);    // x87_functions.cpp
void install_x87_moves(EscapeMap& map);        // x87_moves.cpp
void install_x87_environment(EscapeMap& map);  // x87_environment.cpp

}  // namespace cpu
