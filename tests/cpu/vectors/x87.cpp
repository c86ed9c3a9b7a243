#include "tests/cpu/vectors/x87.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "cpu/memory.h"
#include "tests/cpu/vectors/moo.h"

namespace vectors {
namespace {

using Register = cpu::X87State::Register;

constexpr std::size_t kHeaderBytes = 32, kRecordBytes = 220;
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kTopMask = 0x3800, kC1 = 0x0200;
constexpr std::uint32_t kCodeAt = 0x1000, kOperandAt = 0x2000;
constexpr unsigned kEmpty = 3;

template <class T>
T take(std::span<const std::uint8_t> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, &bytes[at], sizeof(T));
  return value;
}

X87Words take_words(std::span<const std::uint8_t> record, std::size_t at) {
  return {take<std::uint16_t>(record, at), take<std::uint16_t>(record, at + 2),
          take<std::uint16_t>(record, at + 4)};
}

std::array<Register, 8> take_stack(std::span<const std::uint8_t> record, std::size_t at) {
  std::array<Register, 8> stack;
  for (std::size_t n = 0; n < stack.size(); ++n) {
    stack[n] = {take<std::uint64_t>(record, at + 10 * n),
                take<std::uint16_t>(record, at + 10 * n + 8)};
  }
  return stack;
}

X87Test take_test(std::span<const std::uint8_t> record) {
  X87Test test;
  const std::size_t length = record[0];
  if (length == 0 || length > 7)
    throw MooError("x87 record with a code length of " + std::to_string(length));
  test.code.assign(record.begin() + 1, record.begin() + 1 + static_cast<std::ptrdiff_t>(length));
  test.before = take_words(record, 8);
  test.after = take_words(record, 14);
  test.eax_before = take<std::uint32_t>(record, 20);
  test.eax_after = take<std::uint32_t>(record, 24);
  std::copy_n(record.begin() + 28, 16, test.memory_before.begin());
  std::copy_n(record.begin() + 44, 16, test.memory_after.begin());
  test.stack_before = take_stack(record, 60);
  test.stack_after = take_stack(record, 140);
  return test;
}

unsigned top_of(std::uint16_t status) {
  return status >> 11 & 7;
}
// Of the register i places below the top.
bool is_empty(const X87Words& words, unsigned i) {
  return (words.tags >> (2 * ((top_of(words.status) + i) & 7)) & 3u) == kEmpty;
}

class NoBus final : public cpu::Bus {
 public:
  std::uint8_t in8(std::uint16_t) override { return 0xFF; }
  std::uint16_t in16(std::uint16_t) override { return 0xFFFF; }
  std::uint32_t in32(std::uint16_t) override { return 0xFFFFFFFF; }
  void out8(std::uint16_t, std::uint8_t) override {}
  void out16(std::uint16_t, std::uint16_t) override {}
  void out32(std::uint16_t, std::uint32_t) override {}
  std::size_t in_words(std::uint16_t, std::span<std::uint8_t>) override { return 0; }
  std::size_t out_words(std::uint16_t, std::span<const std::uint8_t>) override { return 0; }
  std::uint8_t acknowledge_interrupt() override { return 0xFF; }
};

std::string text_of(const Register& value) {
  char text[32];
  std::snprintf(text, sizeof text, "%04X:%016llX", unsigned{value.head},
                static_cast<unsigned long long>(value.mantissa));
  return text;
}

std::string difference(const char* what, unsigned actual, unsigned expected) {
  char text[80];
  std::snprintf(text, sizeof text, "%s %04X, expected %04X", what, actual, expected);
  return text;
}

// Distance in units of the last place, of values of one sign; a large number for all else.
std::uint64_t places_apart(const Register& a, const Register& b) {
  if (a == b) return 0;
  constexpr std::uint64_t far = 1000;
  if (((a.head ^ b.head) & 0x8000) != 0) return far;
  if (a.head == b.head) {
    return a.mantissa > b.mantissa ? a.mantissa - b.mantissa : b.mantissa - a.mantissa;
  }
  // Neighbours on both sides of a power of 2.
  const Register& low = a.head < b.head ? a : b;
  const Register& high = a.head < b.head ? b : a;
  const bool adjacent = low.head + 1 == high.head && low.mantissa == ~std::uint64_t{0} &&
                        high.mantissa == std::uint64_t{1} << 63;
  return adjacent ? 1 : far;
}

class X87Runner {
 public:
  X87Runner(const X87File& file, cpu::Engine engine)
      : file_(file), cpu_(cpu::Model::i80386, memory_, bus_, engine, cpu::Fpu::i80387) {}

  std::string run(const X87Test& test, bool without_c1) {
    load(test);
    if (cpu_.run(1) != 1) return "not executed";
    return compare(test, without_c1);
  }

 private:
  void load(const X87Test& test) {
    cpu::Registers r = cpu_.registers();
    for (auto& segment : r.segments) segment = {0, 0, 0xFFFF, 0x93};
    r.segments[cpu::kCs].access = 0x4093;  // 32-bit code
    r.general.fill(0);
    r.general[cpu::kEax] = test.eax_before;
    r.general[cpu::kEbx] = kOperandAt;
    r.general[cpu::kEsp] = 0x8000;
    r.eip = kCodeAt;
    r.eflags = 2;
    cpu_.set_registers(r);
    memory_.write_physical(kCodeAt, test.code);
    memory_.write_physical(kOperandAt, test.memory_before);
    cpu::X87State x87;
    x87.control = test.before.control;
    x87.status = test.before.status;
    for (unsigned n = 0; n < 8; ++n) {
      const unsigned number = (top_of(x87.status) + n) & 7;
      x87.registers[number] = test.stack_before[n];
      if (!is_empty(test.before, n)) x87.used = static_cast<std::uint8_t>(x87.used | 1u << number);
    }
    cpu_.set_x87(x87);
  }

  std::string compare(const X87Test& test, bool without_c1) const {
    const cpu::X87State x87 = cpu_.x87();
    if (x87.control != test.after.control) {
      return difference("control", x87.control, test.after.control);
    }
    if (((x87.status ^ test.after.status) & kTopMask) != 0) {
      return difference("status (TOP)", x87.status, test.after.status);
    }
    bool other_value = false;
    for (unsigned n = 0; n < 8; ++n) {
      const unsigned number = (top_of(x87.status) + n) & 7;
      const bool empty = (x87.used >> number & 1) == 0;
      const std::string name = "ST(" + std::to_string(n) + ") ";
      if (empty != is_empty(test.after, n)) return name + (empty ? "empty" : "not empty");
      if (empty) continue;
      const std::uint64_t places = places_apart(x87.registers[number], test.stack_after[n]);
      other_value = other_value || places != 0;
      if (places > (file_.tolerant ? 1 : 0)) {
        return name + text_of(x87.registers[number]) + ", expected " + text_of(test.stack_after[n]);
      }
    }
    std::uint16_t mask = file_.status_mask;
    // C1 tells whether the value was rounded up: another value, another direction.
    if (other_value || without_c1) mask &= static_cast<std::uint16_t>(~kC1);
    if (((x87.status ^ test.after.status) & mask) != 0) {
      return difference("status", x87.status & mask, test.after.status & mask);
    }
    const std::uint32_t eax = cpu_.registers().general[cpu::kEax];
    if (eax != test.eax_after) return difference("EAX", eax, test.eax_after);
    std::array<std::uint8_t, 16> memory{};
    memory_.peek(kOperandAt, memory);
    for (std::size_t n = 0; n < memory.size(); ++n) {
      if (memory[n] != test.memory_after[n]) {
        return "byte " + std::to_string(n) + " of the operand " +
               difference("", memory[n], test.memory_after[n]);
      }
    }
    return {};
  }

  const X87File& file_;
  NoBus bus_;
  cpu::Memory memory_{1U << 20};
  cpu::Cpu cpu_;
};

}  // namespace

X87File parse_x87(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), "X87V", 4) != 0) {
    throw MooError("not an x87 file: no 'X87V' header");
  }
  if (take<std::uint16_t>(bytes, 4) != kVersion || take<std::uint16_t>(bytes, 6) != kRecordBytes) {
    throw MooError("x87 file of another version");
  }
  const auto count = take<std::uint32_t>(bytes, 8);
  if ((bytes.size() - kHeaderBytes) / kRecordBytes != count ||
      (bytes.size() - kHeaderBytes) % kRecordBytes != 0) {
    throw MooError("x87 file of " + std::to_string(count) + " records has another size");
  }
  X87File file;
  file.status_mask = take<std::uint16_t>(bytes, 12);
  file.tolerant = (take<std::uint16_t>(bytes, 14) & 1) != 0;
  const std::string name(bytes.begin() + 16, bytes.begin() + 32);
  file.name = name.substr(0, name.find('\0'));
  for (std::size_t n = 0; n < count; ++n) {
    file.tests.push_back(take_test(bytes.subspan(kHeaderBytes + n * kRecordBytes, kRecordBytes)));
  }
  return file;
}

std::vector<std::string> run_x87(const X87File& file, cpu::Engine engine,
                                 const std::vector<bool>& without_c1) {
  X87Runner runner(file, engine);
  std::vector<std::string> results;
  results.reserve(file.tests.size());
  for (std::size_t i = 0; i < file.tests.size(); ++i) {
    results.push_back(runner.run(file.tests[i], without_c1[i]));
  }
  return results;
}

}  // namespace vectors
