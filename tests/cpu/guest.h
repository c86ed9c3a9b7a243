// A processor with memory and a scriptable bus, for tests that run a few instructions.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "cpu/cpu.h"

namespace cpu_test {

struct TestBus final : cpu::Bus {
  struct Write {
    std::uint16_t port;
    std::uint32_t value;
    unsigned size;
    bool operator==(const Write&) const = default;
  };
  std::vector<Write> writes;
  std::function<std::uint32_t(std::uint16_t, unsigned)> on_read = [](std::uint16_t, unsigned) {
    return 0xFFFFFFFFu;
  };
  std::function<void(const Write&)> on_write = [](const Write&) {};
  std::function<std::uint8_t()> on_acknowledge = [] { return std::uint8_t{0x20}; };
  std::function<std::size_t(std::span<std::uint8_t>)> on_in_words = [](auto) { return 0u; };

  std::uint8_t in8(std::uint16_t port) override {
    return static_cast<std::uint8_t>(on_read(port, 1));
  }
  std::uint16_t in16(std::uint16_t port) override {
    return static_cast<std::uint16_t>(on_read(port, 2));
  }
  std::uint32_t in32(std::uint16_t port) override { return on_read(port, 4); }
  void out8(std::uint16_t port, std::uint8_t value) override { record({port, value, 1}); }
  void out16(std::uint16_t port, std::uint16_t value) override { record({port, value, 2}); }
  void out32(std::uint16_t port, std::uint32_t value) override { record({port, value, 4}); }
  std::size_t in_words(std::uint16_t, std::span<std::uint8_t> bytes) override {
    return on_in_words(bytes);
  }
  std::size_t out_words(std::uint16_t, std::span<const std::uint8_t>) override { return 0; }
  std::uint8_t acknowledge_interrupt() override { return on_acknowledge(); }

 private:
  void record(const Write& write) {
    writes.push_back(write);
    on_write(write);
  }
};

// Code at 1000:0000, data segments at 2000:0000, stack at 3000:1000, handlers of all vectors n at
// 0050:n (a byte each, HLT until a test says otherwise).
struct Guest {
  static constexpr std::uint32_t kCode = 0x10000, kData = 0x20000, kStack = 0x30000;
  static constexpr std::uint32_t kHandlers = 0x500;

  cpu::Memory memory{4u << 20};
  TestBus bus;
  cpu::Cpu processor;

  explicit Guest(cpu::Model model, cpu::Engine engine = cpu::Engine::cached,
                 cpu::Fpu fpu = cpu::Fpu::none)
      : processor(model, memory, bus, engine, fpu) {
    for (std::uint32_t vector = 0; vector < 256; ++vector) {
      poke(vector * 4, {static_cast<std::uint8_t>(vector), 0, 0x50, 0});
      poke(kHandlers + vector, {0xF4});
    }
    cpu::Registers r = processor.registers();
    for (auto& segment : r.segments) segment = real_segment(0x2000);
    r.segments[cpu::kCs] = real_segment(0x1000);
    r.segments[cpu::kSs] = real_segment(0x3000);
    r.general.fill(0);
    r.general[cpu::kEsp] = 0x1000;
    r.eip = 0;
    processor.set_registers(r);
  }

  static cpu::Registers::Segment real_segment(std::uint16_t selector) {
    return {selector, std::uint32_t{selector} << 4, 0xFFFF, 0x93};
  }
  void poke(std::uint32_t address, std::initializer_list<std::uint8_t> bytes) {
    memory.write_physical(address, std::span(bytes.begin(), bytes.size()));
  }
  void code(std::initializer_list<std::uint8_t> bytes) { poke(kCode, bytes); }
  std::uint8_t peek(std::uint32_t address) const {
    std::uint8_t value = 0;
    memory.peek(address, {&value, 1});
    return value;
  }
  std::uint16_t peek16(std::uint32_t address) const {
    return static_cast<std::uint16_t>(peek(address) | peek(address + 1) << 8);
  }
  template <class Change>
  void change(Change&& change_registers) {
    cpu::Registers r = processor.registers();
    change_registers(r);
    processor.set_registers(r);
  }
  cpu::Registers registers() const { return processor.registers(); }
  std::uint32_t reg(cpu::RegisterIndex index) const { return registers().general[index]; }
  std::uint32_t eip() const { return registers().eip; }
  std::uint16_t cs() const { return registers().segments[cpu::kCs].selector; }
  // The vector whose handler's HLT stopped the processor, or -1.
  int stopped_in_handler() const {
    if (cs() != 0x50 || processor.activity() != cpu::Activity::halted) return -1;
    return static_cast<int>(eip()) - 1;
  }
  // IP, CS, FLAGS of the frame on top of the stack.
  std::uint16_t stacked(unsigned word) const {
    const cpu::Registers r = registers();
    return peek16(r.segments[cpu::kSs].base + (r.general[cpu::kEsp] & 0xFFFF) + 2 * word);
  }
};

}  // namespace cpu_test
