#include "tests/cpu/host/program.h"

#include <array>

#include "tests/cpu/host/emitter.h"

namespace host_fuzz {
namespace {

using cpu::kEax, cpu::kEcx, cpu::kEdx, cpu::kEbx, cpu::kEbp, cpu::kEsi, cpu::kEdi;

class Generator : private Emitter {
 public:
  Generator(std::mt19937& random, cpu::Model model) : Emitter(random), model_(model) {}

  Program generate(unsigned instructions) {
    while (program_.points.size() < instructions && program_.code.size() < kCodeSize - 256) {
      any_instruction();
    }
    begin();
    emit({0x0F, 0x0B});
    return std::move(program_);
  }

 private:
  // --- instructions ---
  void any_instruction() {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        return plain_instruction();
      case 7:
        return multiply_or_divide();
      case 8:
        return skip();
      case 9:
        return string_instruction();
      case 10:
      case 11:
        return stack_instruction();
      case 12:
        return transfer();
      case 13:
        return flag_instruction();
      case 14:
        return later_instruction();
      default:
        return trap_instruction();
    }
  }
  // Touches neither the stack nor the pointers and does not fault.
  void plain_instruction() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return arithmetic();
      case 3:
        return arithmetic_immediate();
      case 4:
        return unary();
      case 5:
      case 6:
        return shift();
      case 7:
        return double_shift();
      case 8:
        return bits();
      case 9:
        return decimal();
      default:
        return move();
    }
  }

  static std::uint32_t read_by(std::uint32_t operation) {
    return operation == 2 || operation == 3 ? kCf : 0;  // ADC, SBB
  }
  void arithmetic_flags(std::uint32_t operation) {
    const bool logic = operation == 1 || operation == 4 || operation == 6;
    all_but_undefined(logic ? kAf : 0);
  }
  void arithmetic() {
    const Size size = any_size();
    const std::uint32_t operation = below(8);
    need(read_by(operation));
    if (one_in(2)) {  // r/m, r
      const bool compare = operation == 7;
      const Operand rm = compare ? source(size) : destination(size);
      begin();
      if (!compare) lock(rm);
      override_segment(rm, !compare);
      sized(size, operation << 3);
      operand(rm, below(8));
    } else {  // r, r/m
      const Operand rm = source(size);
      const std::uint32_t reg = operation == 7 ? below(8) : target(size);
      begin();
      override_segment(rm, false);
      sized(size, operation << 3 | 2);
      operand(rm, reg);
    }
    arithmetic_flags(operation);
  }
  void arithmetic_immediate() {
    const Size size = any_size();
    const std::uint32_t operation = below(8);
    need(read_by(operation));
    if (one_in(4)) {  // accumulator
      begin();
      sized(size, operation << 3 | 4);
      emit_immediate(size, interesting());
    } else if (one_in(6)) {  // TEST
      const Operand rm = source(size);
      begin();
      sized(size, 0xF6);
      operand(rm, 0);
      emit_immediate(size, interesting());
      return arithmetic_flags(4);
    } else {
      const Operand rm = destination(size);
      const bool short_immediate = size != Size::byte && one_in(2);
      begin();
      prefix(size);
      emit(size == Size::byte ? 0x80u : short_immediate ? 0x83u : 0x81u);
      operand(rm, operation);
      emit_immediate(short_immediate ? Size::byte : size, interesting());
    }
    arithmetic_flags(operation);
  }
  void unary() {
    const Size size = any_size();
    const std::uint32_t kind = below(4);
    if (kind < 2 && one_in(3)) {  // short INC, DEC
      const Size wide = word_or_dword();
      const std::uint32_t reg = free_register();
      begin();
      prefix(wide);
      emit(0x40 | kind << 3 | reg);
    } else {
      const Operand rm = destination(size);
      begin();
      lock(rm);
      override_segment(rm, true);
      sized(size, kind < 2 ? 0xFE : 0xF6);
      operand(rm, kind);  // 0 INC, 1 DEC; 2 NOT, 3 NEG
    }
    if (kind < 2) defines(kAllFlags & ~kCf);
    if (kind == 3) defines(kAllFlags);
  }
  void shift() {
    const Size size = any_size();
    const std::uint32_t operation = below(8);
    const bool rotate = operation < 4;
    if (operation == 2 || operation == 3) need(kCf);
    const Operand rm = destination(size);
    const std::uint32_t form = below(3);  // by 1, by immediate, by CL
    const std::uint32_t count = form == 0 ? 1 : interesting() & 0xFF;
    begin();
    override_segment(rm, true);
    sized(size, form == 0 ? 0xD0 : form == 1 ? 0xC0 : 0xD2);
    operand(rm, operation);
    if (form == 1) emit(count);
    const std::uint32_t steps = count & 31;
    if (form == 2) {
      leaves_undefined(kOf);
      if (!rotate) leaves_undefined(kAf);
      if (!rotate && operation != 7 && size != Size::dword) leaves_undefined(kCf);
    } else if (steps != 0) {
      if (rotate) {
        defines(kCf | kOf);
      } else {
        all_but_undefined(kAf);
      }
      if (steps != 1) leaves_undefined(kOf);
      const unsigned width = size == Size::byte ? 8 : size == Size::word ? 16 : 32;
      if (!rotate && operation != 7 && steps >= width) leaves_undefined(kCf);
    }
  }
  void double_shift() {
    const bool by_cl = one_in(2);
    const Size size = by_cl ? Size::dword : word_or_dword();  // words by more than 16: undefined
    const std::uint32_t count = below(size == Size::word ? 16 : 40);
    const Operand rm = destination(size);
    begin();
    prefix(size);
    emit({0x0F, 0xA4 | below(2) << 3 | (by_cl ? 1u : 0u)});
    operand(rm, below(8));
    if (!by_cl) emit(count);
    if (by_cl) {
      leaves_undefined(kOf | kAf);
    } else if ((count & 31) != 0) {
      all_but_undefined(kAf | ((count & 31) == 1 ? 0 : kOf));
    }
  }
  void bits() {
    const Size size = word_or_dword();
    if (one_in(3)) {  // BSF, BSR of what is not 0
      const std::uint32_t reg = free_register();
      begin();
      prefix(size);
      emit({0x83, 0xC8 | reg, 1 + below(127)});  // OR reg,imm8
      begin();
      prefix(size);
      emit({0x0F, 0xBC | below(2), 0xC0 | free_register() << 3 | reg});
      all_but_undefined(kAllFlags & ~kZf);
      return;
    }
    const std::uint32_t operation = below(4);  // BT, BTS, BTR, BTC
    if (one_in(2)) {
      const Operand rm = destination(size);
      begin();
      if (operation != 0) lock(rm);
      prefix(size);
      emit({0x0F, 0xBA});
      operand(rm, 4 + operation);
      emit(below(256));
    } else {
      static constexpr std::array<std::uint8_t, 3> kIndexes = {kEax, kEcx, kEdx};
      const std::uint32_t index = pick(kIndexes);
      const Operand rm = destination(size);
      begin();
      emit({0x0F, 0xB6, 0xC0 | index << 3 | index});  // the bit string reaches as far as the index
      begin();
      prefix(size);
      emit({0x0F, 0xA3 | operation << 3});
      operand(rm, index);
    }
    all_but_undefined(kAllFlags & ~kCf);
  }
  void decimal() {
    static constexpr std::array<std::uint8_t, 6> kOpcodes = {0x27, 0x2F, 0x37, 0x3F, 0xD4, 0xD5};
    const std::uint32_t opcode = pick(kOpcodes);
    if (opcode < 0x40) need(kCf | kAf);
    begin();
    emit(opcode);
    if (opcode >= 0xD4) {  // AAM, AAD
      emit(one_in(2) ? 10u : 1 + below(255));
      all_but_undefined(kOf | kAf | kCf);
    } else if (opcode < 0x30) {  // DAA, DAS
      all_but_undefined(kOf);
    } else {  // AAA, AAS
      all_but_undefined(kOf | kSf | kZf | kPf);
    }
  }
  void move() {
    const Size size = any_size();
    switch (below(9)) {
      case 0: {  // MOV r/m,r
        const Operand rm = destination(size);
        begin();
        override_segment(rm, true);
        sized(size, 0x88);
        return operand(rm, below(8));
      }
      case 1: {  // MOV r,r/m
        const Operand rm = source(size);
        const std::uint32_t reg = target(size);
        begin();
        override_segment(rm, false);
        sized(size, 0x8A);
        return operand(rm, reg);
      }
      case 2: {  // MOV r/m,imm
        const Operand rm = destination(size);
        begin();
        sized(size, 0xC6);
        operand(rm, 0);
        return emit_immediate(size, interesting());
      }
      case 3: {  // MOVZX, MOVSX
        const Size from = one_in(2) ? Size::byte : Size::word;
        const Size to = word_or_dword();
        const Operand rm = source(from);
        const std::uint32_t reg = target(to);
        begin();
        prefix(to);
        emit({0x0F, 0xB6 | below(2) << 3 | (from == Size::byte ? 0u : 1u)});
        return operand(rm, reg);
      }
      case 4: {  // XCHG
        const Operand rm = destination(size);
        const std::uint32_t reg = target(size);
        begin();
        sized(size, 0x86);
        return operand(rm, reg);
      }
      case 5: {  // XCHG with the accumulator
        const std::uint32_t reg = free_register();
        begin();
        prefix(word_or_dword());
        return emit(0x90 | reg);
      }
      case 6: {  // LEA
        const Size to = word_or_dword();
        const bool short_address = one_in(4);
        Operand rm;
        if (short_address) {
          rm.add(0x80 | below(8));
          rm.add(below(256));
          rm.add(below(256));
        } else {
          rm = memory_operand();
        }
        const std::uint32_t reg = target(to);
        begin();
        prefix(to);
        if (short_address) emit(0x67);
        emit(0x8D);
        return operand(rm, reg);
      }
      case 7: {  // MOV accumulator, memory and back
        begin();
        sized(size, one_in(2) ? 0xA0 : 0xA2);
        return emit32(kData + below(kDataSize - 4));
      }
      default: {  // SETcc
        const std::uint32_t condition = below(16);
        need(kConditionFlags[condition >> 1]);
        const Operand rm = destination(Size::byte);
        begin();
        emit({0x0F, 0x90 | condition});
        return operand(rm, 0);
      }
    }
  }
  void multiply_or_divide() {
    const Size size = any_size();
    const std::uint32_t operation = 4 + below(4);
    if (one_in(3)) {  // IMUL with two or three operands
      const Size wide = word_or_dword();
      const Operand rm = source(wide);
      const std::uint32_t reg = target(wide);
      const bool immediate = one_in(2);
      const bool short_immediate = one_in(2);
      begin();
      prefix(wide);
      if (immediate) {
        emit(short_immediate ? 0x6Bu : 0x69u);
      } else {
        emit({0x0F, 0xAF});
      }
      operand(rm, reg);
      if (immediate) emit_immediate(short_immediate ? Size::byte : wide, interesting());
      all_but_undefined(kAllFlags & ~(kCf | kOf));
      return;
    }
    if (operation >= 6 && !one_in(8)) {  // a dividend that mostly fits
      begin();
      if (size == Size::byte) {
        emit({0xB4, below(16)});  // MOV AH,imm8
      } else {
        emit(0xBA);
        emit32(below(64));
      }
    }
    const Operand rm = source(size);
    begin();
    sized(size, 0xF6);
    operand(rm, operation);
    all_but_undefined(operation < 6 ? kAllFlags & ~(kCf | kOf) : kAllFlags);
  }
  // A jump over one or two instructions.
  void skip() {
    std::uint32_t flags = 0;
    if (one_in(4)) {
      const std::uint32_t kind = below(4);  // LOOPNE, LOOPE, LOOP, JECXZ
      if (kind < 2) need(kZf);
      begin();
      if (one_in(4)) emit(0x67);
      emit(0xE0 | kind);
    } else {
      const std::uint32_t condition = below(16);
      flags = kConditionFlags[condition >> 1];
      need(flags);
      begin();
      emit(0x70 | condition);
    }
    const std::uint32_t distance = here();
    emit(0);
    const std::uint32_t at_jump = undefined_;
    for (std::uint32_t n = 1 + below(2); n != 0; --n) plain_instruction();
    program_.code[distance] = static_cast<std::uint8_t>(here() - distance - 1);
    undefined_ |= at_jump;
  }
  void string_instruction() {
    static constexpr std::array<std::uint8_t, 5> kOpcodes = {0xA4, 0xA6, 0xAA, 0xAC, 0xAE};
    const std::uint32_t opcode = pick(kOpcodes);
    const Size size = any_size();
    const bool compares = opcode == 0xA6 || opcode == 0xAE;
    const std::uint32_t repeat = below(3);
    const std::uint32_t count = below(24);
    if (opcode == 0xA4 || opcode == 0xA6 || opcode == 0xAC) point(kEsi);
    if (opcode != 0xAC) point(kEdi);
    if (repeat != 0) load(kEcx, count);
    begin();
    if (repeat != 0) emit(compares && repeat == 1 ? 0xF2u : 0xF3u);
    sized(size, opcode);
    if (compares && (repeat == 0 || count != 0)) defines(kAllFlags);
    for (const std::uint32_t pointer : pointers_) {
      if (pointer == kEsi || pointer == kEdi) point(pointer);
    }
  }

  // --- stack ---
  void pushed(std::uint32_t bytes) { depth_ += bytes; }
  bool room() const { return depth_ < 0x400; }
  void stack_instruction() {
    const Size size = word_or_dword();
    const std::uint32_t bytes = size == Size::word ? 2 : 4;
    switch (below(9)) {
      case 0:
      case 1: {
        if (!room()) return;
        begin();
        prefix(size);
        emit(0x50 | below(8));
        return pushed(bytes);
      }
      case 2: {
        if (!room()) return;
        begin();
        prefix(size);
        const bool short_immediate = one_in(2);
        emit(short_immediate ? 0x6Au : 0x68u);
        emit_immediate(short_immediate ? Size::byte : size, interesting());
        return pushed(bytes);
      }
      case 3: {
        if (!room()) return;
        const Operand rm = memory_operand();
        begin();
        prefix(size);
        emit(0xFF);
        operand(rm, 6);
        return pushed(bytes);
      }
      case 4: {
        if (depth_ < bytes) return;
        const Operand rm = memory_operand();
        const std::uint32_t reg = free_register();
        begin();
        prefix(size);
        if (one_in(2)) {
          emit(0x58 | reg);
        } else {
          emit(0x8F);
          operand(rm, 0);
        }
        depth_ -= bytes;
        return;
      }
      case 5: {
        if (!room()) return;
        begin();
        prefix(size);
        emit(0x60);
        return pushed(8 * bytes);
      }
      case 6: {
        if (depth_ < 8 * bytes) return;
        begin();
        prefix(size);
        emit(0x61);
        depth_ -= 8 * bytes;
        return point_again();
      }
      case 7: {  // ENTER, LEAVE; from level 2 on EBP is followed
        if (!room()) return;
        begin();
        emit({0xC8, below(64), 0, is_pointer(kEbp) ? below(4) : below(2)});
        begin();
        emit(0xC9);
        return;
      }
      default: {  // [ESP + n]
        begin();
        emit({0x8B, 0x44 | free_register() << 3, 0x24, below(64)});
        return;
      }
    }
  }
  // Calls and returns that lead to the instruction behind them.
  void transfer() {
    if (!room()) return;
    switch (below(6)) {
      case 0:  // CALL over a byte
        begin();
        emit({0xE8, 1, 0, 0, 0, 0xCC});
        return pushed(4);
      case 1: {  // CALL far
        begin();
        const std::uint32_t after = kCode + here() + 7;
        emit(0x9A);
        emit32(after);
        emit({kUserCode, 0});
        return pushed(8);
      }
      case 2: {  // RET
        const std::uint32_t release = depth_ >= 8 && one_in(2) ? 8 : 0;
        begin();
        const std::uint32_t after = kCode + here() + 5 + (release != 0 ? 3 : 1);
        emit(0x68);
        emit32(after);
        begin();
        if (release != 0) {
          emit({0xC2, release, 0});
        } else {
          emit(0xC3);
        }
        depth_ -= release;
        return;
      }
      case 3: {  // RETF
        begin();
        emit({0x6A, kUserCode});
        begin();
        const std::uint32_t after = kCode + here() + 6;
        emit(0x68);
        emit32(after);
        begin();
        emit(0xCB);
        return;
      }
      case 4: {  // IRETD
        begin();
        emit(0x68);
        emit32(any_flags());
        begin();
        emit({0x6A, kUserCode});
        begin();
        const std::uint32_t after = kCode + here() + 6;
        emit(0x68);
        emit32(after);
        begin();
        emit(0xCF);
        undefined_ = 0;
        return;
      }
      default: {  // JMP through a register
        const std::uint32_t reg = free_register();
        load(reg, kCode + here() + 5 + 3);
        begin();
        emit({0xFF, 0xE0 | reg, 0xCC});
        return;
      }
    }
  }
  std::uint32_t any_flags() {
    return (static_cast<std::uint32_t>(random_()) & (kAllFlags | kDf)) | 0x202;
  }
  void flag_instruction() {
    switch (below(9)) {
      case 0:  // CLC, STC
        begin();
        emit(0xF8 | below(2));
        return defines(kCf);
      case 1:
        need(kCf);
        begin();
        return emit(0xF5);  // CMC
      case 2:
        begin();
        return emit(0xFC | below(2));  // CLD, STD
      case 3:
        need(kAllFlags & ~kOf);
        begin();
        return emit(0x9F);  // LAHF
      case 4:
        begin();
        emit(0x9E);  // SAHF
        return defines(kAllFlags & ~kOf);
      case 5: {
        if (!room()) return;
        need(kAllFlags);
        begin();
        const Size size = word_or_dword();
        prefix(size);
        emit(0x9C);  // PUSHF
        return pushed(size == Size::word ? 2 : 4);
      }
      case 6: {
        begin();
        emit(0x68);
        emit32(any_flags());
        begin();
        emit(0x9D);  // POPF
        undefined_ = 0;
        return;
      }
      case 7:
        need(kCf);
        begin();
        return emit(0xD6);  // SALC
      default:
        begin();
        prefix(word_or_dword());
        return emit(0x98 | below(2));  // CBW, CWD
    }
  }
  // The 486's and the pentium's.
  void later_instruction() {
    if (model_ < cpu::Model::i80486) return plain_instruction();
    const Size size = any_size();
    switch (below(model_ < cpu::Model::pentium ? 3 : 4)) {
      case 0: {
        const std::uint32_t reg = free_register();
        begin();
        return emit({0x0F, 0xC8 | reg});  // BSWAP
      }
      case 1: {
        const Operand rm = destination(size);
        const std::uint32_t reg = target(size);
        begin();
        lock(rm);
        prefix(size);
        emit({0x0F, 0xC0 | (size == Size::byte ? 0u : 1u)});  // XADD
        operand(rm, reg);
        return defines(kAllFlags);
      }
      case 2: {
        const Operand rm = destination(size);
        begin();
        lock(rm);
        prefix(size);
        emit({0x0F, 0xB0 | (size == Size::byte ? 0u : 1u)});  // CMPXCHG
        operand(rm, below(8));
        return defines(kAllFlags);
      }
      default: {
        const Operand rm = memory_operand();
        begin();
        lock(rm);
        emit({0x0F, 0xC7});  // CMPXCHG8B
        operand(rm, 1);
        return defines(kZf);
      }
    }
  }
  // What may end the program, and rare things.
  void trap_instruction() {
    switch (below(8)) {
      case 0:
        need(kOf);
        begin();
        return emit(0xCE);  // INTO
      case 1: {
        const Operand rm = memory_operand();
        begin();
        emit(0x62);  // BOUND
        return operand(rm, below(8));
      }
      case 2:
        begin();
        emit({0xD4, below(20)});  // AAM, by 0 too
        return all_but_undefined(kOf | kAf | kCf);
      case 3: {
        const Operand rm = destination(Size::word);
        begin();
        emit(0x63);  // ARPL
        operand(rm, below(8));
        return defines(kZf);
      }
      case 4: {
        const Operand rm = memory_operand();
        begin();
        emit({0x66, 0x8C});  // MOV m,sreg
        static constexpr std::array<std::uint8_t, 4> kSegments = {cpu::kEs, cpu::kCs, cpu::kSs,
                                                                  cpu::kDs};
        return operand(rm, pick(kSegments));
      }
      case 5: {  // a selector that is there already
        load(kEax, kUserData);
        begin();
        static constexpr std::array<std::uint8_t, 3> kSegments = {cpu::kEs, cpu::kSs, cpu::kDs};
        return emit({0x8E, 0xC0 | pick(kSegments) << 3});
      }
      case 6: {
        if (!is_pointer(kEbx)) return plain_instruction();
        begin();
        return emit(0xD7);  // XLAT
      }
      default: {
        if (!one_in(8)) return plain_instruction();
        static constexpr std::array<std::uint8_t, 4> kRefused = {0xF4, 0xFA, 0xFB, 0xEC};
        begin();
        return emit(pick(kRefused));  // HLT, CLI, STI, IN: #GP(0)
      }
    }
  }

  cpu::Model model_;
};

}  // namespace

Program random_program(std::mt19937& random, cpu::Model model, unsigned instructions) {
  return Generator(random, model).generate(instructions);
}

}  // namespace host_fuzz
