// The bytes of a random program (program.h) as they come: dice, encodings, the flags that are
// undefined so far, operands that lie where memory is. Two of EBX, EBP, ESI and EDI always point
// into the data region; the other registers but ESP hold anything.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <random>

#include "cpu/cpu.h"
#include "tests/cpu/host/host_process.h"
#include "tests/cpu/host/program.h"

namespace host_fuzz {

constexpr std::uint32_t kCf = 1, kPf = 4, kAf = 0x10, kZf = 0x40, kSf = 0x80, kOf = 0x800;
constexpr std::uint32_t kAllFlags = kCf | kPf | kAf | kZf | kSf | kOf;
constexpr std::uint32_t kDf = 0x400;

// What the conditions of Jcc and SETcc read, by bits 1-3 of the opcode.
inline constexpr std::array<std::uint32_t, 8> kConditionFlags = {
    kOf, kCf, kZf, kCf | kZf, kSf, kPf, kSf | kOf, kSf | kOf | kZf};

enum class Size : std::uint8_t { byte, word, dword };

// An r/m operand: ModRM without its reg field, SIB, displacement.
struct Operand {
  std::array<std::uint8_t, 6> bytes{};
  unsigned count = 0;
  bool memory = false;
  void add(std::uint32_t byte) { bytes[count++] = static_cast<std::uint8_t>(byte); }
};

class Emitter {
 protected:
  explicit Emitter(std::mt19937& random) : random_(random) {
    static constexpr std::array<std::uint8_t, 4> kPointers = {cpu::kEbx, cpu::kEbp, cpu::kEsi,
                                                              cpu::kEdi};
    pointers_[0] = pick(kPointers);
    do pointers_[1] = pick(kPointers);
    while (pointers_[1] == pointers_[0]);
    point_again();
  }
  ~Emitter() = default;

  // --- dice ---
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  template <std::size_t n>
  std::uint32_t pick(const std::array<std::uint8_t, n>& from) {
    return from[below(n)];
  }
  std::uint32_t interesting() {
    static constexpr std::array<std::uint32_t, 12> kValues = {
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, ~0u};
    return one_in(2) ? kValues[below(kValues.size())] : static_cast<std::uint32_t>(random_());
  }
  Size any_size() { return static_cast<Size>(below(3)); }
  Size word_or_dword() { return one_in(3) ? Size::word : Size::dword; }

  // --- bytes ---
  void emit(std::uint32_t byte) { program_.code.push_back(static_cast<std::uint8_t>(byte)); }
  void emit(std::initializer_list<std::uint32_t> bytes) {
    for (const std::uint32_t byte : bytes) emit(byte);
  }
  void emit32(std::uint32_t value) { emit({value, value >> 8, value >> 16, value >> 24}); }
  void emit_immediate(Size size, std::uint32_t value) {
    emit(value);
    if (size != Size::byte) emit(value >> 8);
    if (size == Size::dword) emit({value >> 16, value >> 24});
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }
  void begin() { program_.points[here()] = undefined_; }
  void prefix(Size size) {
    if (size == Size::word) emit(0x66);
  }
  void operand(const Operand& rm, std::uint32_t reg) {
    emit(rm.bytes[0] | reg << 3);
    for (unsigned n = 1; n < rm.count; ++n) emit(rm.bytes[n]);
  }
  // opcode for bytes; + 1 for words and dwords
  void sized(Size size, std::uint32_t opcode) {
    prefix(size);
    emit(opcode + (size == Size::byte ? 0 : 1));
  }

  // --- flags ---
  void defines(std::uint32_t flags) { undefined_ &= ~flags; }
  void leaves_undefined(std::uint32_t flags) { undefined_ |= flags; }
  void all_but_undefined(std::uint32_t flags) { undefined_ = flags; }
  // Gives flags a meaning before they are read: CMP defines all of them.
  void need(std::uint32_t flags) {
    if ((undefined_ & flags) == 0) return;
    begin();
    emit({0x83, 0xF8 | below(8), below(256)});
    undefined_ = 0;
  }

  // --- registers and memory ---
  bool is_pointer(std::uint32_t reg) const { return reg == pointers_[0] || reg == pointers_[1]; }
  std::uint32_t free_register() {
    for (;;) {
      const std::uint32_t reg = below(8);
      if (reg != cpu::kEsp && !is_pointer(reg)) return reg;
    }
  }
  // A register operand's number that may be written: bytes are parts of EAX-EBX.
  std::uint32_t target(Size size) {
    if (size != Size::byte) return free_register();
    for (;;) {
      const std::uint32_t reg = below(8);
      if (!is_pointer(reg & 3)) return reg;
    }
  }
  void load(std::uint32_t reg, std::uint32_t value) {
    begin();
    emit(0xB8 | reg);
    emit32(value);
  }
  void point(std::uint32_t reg) { load(reg, kData + 0x800 + below(0xA00)); }
  void point_again() {
    point(pointers_[0]);
    point(pointers_[1]);
  }
  Operand register_operand(std::uint32_t reg) {
    Operand rm;
    rm.add(0xC0 | reg);
    return rm;
  }
  // Base, base + displacement, base + index * scale + displacement or the displacement alone.
  Operand memory_operand() {
    Operand rm;
    rm.memory = true;
    if (one_in(8)) {
      rm.add(5);
      add_displacement(rm, kData + below(kDataSize - 64));  // a bit string reaches 32 bytes on
      return rm;
    }
    const std::uint32_t base = pointers_[below(2)];
    const bool indexed = one_in(3);
    std::uint32_t sib = 0;
    if (indexed) {
      static constexpr std::array<std::uint8_t, 3> kIndexes = {cpu::kEax, cpu::kEcx, cpu::kEdx};
      const std::uint32_t index = pick(kIndexes);
      begin();
      emit({0x0F, 0xB6, 0xC0 | index << 3 | index});  // MOVZX index,low byte
      sib = below(4) << 6 | index << 3 | base;
    }
    const std::uint32_t mode = base == cpu::kEbp ? 1 + below(2) : below(3);
    rm.add(mode << 6 | (indexed ? 4 : base));
    if (indexed) rm.add(sib);
    if (mode == 1) rm.add(below(256));
    if (mode == 2) add_displacement(rm, below(0x800) - 0x400);
    return rm;
  }
  static void add_displacement(Operand& rm, std::uint32_t value) {
    for (unsigned n = 0; n < 4; ++n) rm.add(value >> (8 * n) & 0xFF);
  }
  // What an instruction may read, or read and write.
  Operand source(Size) { return one_in(2) ? memory_operand() : register_operand(below(8)); }
  Operand destination(Size size) {
    return one_in(2) ? memory_operand() : register_operand(target(size));
  }
  void override_segment(const Operand& rm, bool written) {
    static constexpr std::array<std::uint8_t, 4> kOverrides = {0x26, 0x36, 0x3E, 0x2E};
    if (rm.memory && one_in(12)) emit(kOverrides[below(written ? 3 : 4)]);
  }
  void lock(const Operand& rm) {
    if (rm.memory && one_in(12)) emit(0xF0);
  }

  std::mt19937& random_;
  Program program_;
  std::uint32_t undefined_ = 0;
  std::array<std::uint32_t, 2> pointers_{};
  std::uint32_t depth_ = 0;  // bytes on the stack
};

}  // namespace host_fuzz
