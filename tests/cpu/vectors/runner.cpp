#include "tests/cpu/vectors/runner.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>

namespace vectors {
namespace {

constexpr std::uint32_t kRamBytes = 2U << 20;
constexpr std::uint32_t kReach = 0x110000;  // FFFF:FFFF and what an access there touches
constexpr std::size_t kBatch = 64;
// The longest test is a REP over 65,535 elements.
constexpr std::uint64_t kInstructionLimit = 140'000;

constexpr std::uint32_t kFlagsLoaded = 0x0FD5;
constexpr std::uint32_t kFlagsDefined = 0x0FD7;
constexpr std::uint32_t kFlagsHigh = 0x7000;  // IOPL and NT

std::string hex(std::uint32_t value, int digits = 4) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*X", digits, value);
  return text;
}

// Where RegisterName slots live in cpu::Registers.
constexpr std::array<std::pair<RegisterName, cpu::RegisterIndex>, 8> kGeneral = {
    {{kEax, cpu::kEax},
     {kEbx, cpu::kEbx},
     {kEcx, cpu::kEcx},
     {kEdx, cpu::kEdx},
     {kEsi, cpu::kEsi},
     {kEdi, cpu::kEdi},
     {kEbp, cpu::kEbp},
     {kEsp, cpu::kEsp}}};
constexpr std::array<std::pair<RegisterName, cpu::SegmentIndex>, 6> kSegments = {{{kCs, cpu::kCs},
                                                                                  {kDs, cpu::kDs},
                                                                                  {kEs, cpu::kEs},
                                                                                  {kFs, cpu::kFs},
                                                                                  {kGs, cpu::kGs},
                                                                                  {kSs, cpu::kSs}}};

std::array<std::uint32_t, kRegisterCount> flatten(const cpu::Registers& from) {
  std::array<std::uint32_t, kRegisterCount> to{};
  for (const auto& [slot, index] : kGeneral) to[slot] = from.general[index];
  for (const auto& [slot, index] : kSegments) to[slot] = from.segments[index].selector;
  to[kEip] = from.eip;
  to[kEflags] = from.eflags;
  to[kCr0] = from.cr0;
  to[kCr3] = from.cr3;
  to[kDr6] = from.dr[6];
  to[kDr7] = from.dr[7];
  return to;
}

// Bits that exist on a 386; the rest reads as the part pleases.
std::uint32_t existing_bits(std::size_t reg) {
  switch (reg) {
    case kCr0:
      return 0x8000000F;
    case kCr3:
      return 0xFFFFF000;
    case kDr6:
      return 0x0000E00F;
    case kDr7:
      return 0xFFFF03FF;
    default:
      return 0xFFFFFFFF;
  }
}

bool is_prefix(std::uint8_t byte) {
  constexpr std::array<std::uint8_t, 8> kPrefixes = {0x26, 0x2E, 0x36, 0x3E,
                                                     0xF0, 0xF1, 0xF2, 0xF3};
  return std::find(kPrefixes.begin(), kPrefixes.end(), byte) != kPrefixes.end();
}

// On an 8086: one element of a repeated string instruction is retired at a time.
bool repeats(const std::vector<std::uint8_t>& code) {
  bool rep = false;
  for (const std::uint8_t byte : code) {
    if (is_prefix(byte)) {
      rep = rep || byte == 0xF2 || byte == 0xF3;
      continue;
    }
    return rep && ((byte >= 0xA4 && byte <= 0xA7) || (byte >= 0xAA && byte <= 0xAF));
  }
  return false;
}

}  // namespace

// Nothing answers at any port (but 22h and 23h on a 386EX), and what is written is noted.
class Runner::PortLog : public cpu::Bus {
 public:
  struct Byte {
    std::uint16_t port;
    std::uint8_t value;
    bool continues;  // upper half of a word written in one instruction cycle
  };

  explicit PortLog(bool is_386ex) : is_386ex_(is_386ex) {}

  std::uint8_t in8(std::uint16_t port) override {
    if (is_386ex_ && port == 0x22) return 0x7F;
    if (is_386ex_ && port == 0x23) return 0x42;
    return 0xFF;
  }
  std::uint16_t in16(std::uint16_t port) override {
    return static_cast<std::uint16_t>(in8(port) | in8(static_cast<std::uint16_t>(port + 1)) << 8);
  }
  std::uint32_t in32(std::uint16_t port) override {
    return in16(port) | static_cast<std::uint32_t>(in16(static_cast<std::uint16_t>(port + 2)))
                            << 16;
  }
  void out8(std::uint16_t port, std::uint8_t value) override { note(port, value, false); }
  void out16(std::uint16_t port, std::uint16_t value) override {
    note(port, static_cast<std::uint8_t>(value), false);
    note(static_cast<std::uint16_t>(port + 1), static_cast<std::uint8_t>(value >> 8), true);
  }
  void out32(std::uint16_t port, std::uint32_t value) override {
    out16(port, static_cast<std::uint16_t>(value));
    out16(static_cast<std::uint16_t>(port + 2), static_cast<std::uint16_t>(value >> 16));
  }
  std::size_t in_words(std::uint16_t, std::span<std::uint8_t>) override { return 0; }
  std::size_t out_words(std::uint16_t, std::span<const std::uint8_t>) override { return 0; }
  std::uint8_t acknowledge_interrupt() override { return 0xFF; }  // INTR is never raised

  const std::vector<Byte>& written() const { return written_; }
  void clear() { written_.clear(); }

 private:
  void note(std::uint16_t port, std::uint8_t value, bool continues) {
    written_.push_back({port, value, continues});
  }

  bool is_386ex_;
  std::vector<Byte> written_;
};

Runner::Runner(cpu::Model model, cpu::Engine engine, const MooFile& file, std::uint16_t flags_mask)
    : file_(file),
      flags_mask_(flags_mask),
      memory_(std::make_unique<cpu::Memory>(kRamBytes)),
      ports_(std::make_unique<PortLog>(file.cpu == "386E")),
      sweep_buffer_(kReach) {
  // The test boards had RAM everywhere, ours has a gap below 1 MB.
  const std::vector<std::uint8_t> zeroes(0x60000);
  memory_->map_shadow(0xA0000, zeroes);
  memory_->set_a20(model != cpu::Model::i8086 && model != cpu::Model::i80186);
  cpu_ = std::make_unique<cpu::Cpu>(model, *memory_, *ports_, engine);
  cpu_->reset();
  template_ = cpu_->registers();
}

Runner::~Runner() = default;

// Sweeping the whole memory after each test would be nearly all of the work. Tests therefore run in
// batches: each starts only where its own bytes are still zero, and one sweep at the end sees what
// any of them left behind. A batch with a failure or a stray byte runs again with a sweep after
// every test.
std::vector<std::string> Runner::run_all(const std::vector<bool>& skip) {
  std::vector<std::string> results(file_.tests.size());
  for (std::size_t first = 0; first < file_.tests.size(); first += kBatch) {
    const std::size_t end = std::min(first + kBatch, file_.tests.size());
    bool suspicious = false;
    for (std::size_t i = first; i < end; ++i) {
      if (skip[i]) continue;
      suspicious = suspicious || !untouched_before(file_.tests[i]);
      results[i] = run_one(file_.tests[i]);
      suspicious = suspicious || !results[i].empty();
    }
    if (!sweep() && !suspicious) continue;

    std::vector<std::string> alone(end - first);
    bool explained = false;
    for (std::size_t i = first; i < end; ++i) {
      if (skip[i]) continue;
      std::string& result = alone[i - first];
      result = run_one(file_.tests[i]);
      const auto stray = sweep();
      if (result.empty() && stray) result = "byte at " + hex(*stray, 5) + " changed, should not";
      explained = explained || !result.empty();
    }
    for (std::size_t i = first; i < end; ++i) {
      if (explained || results[i].empty()) {
        results[i] = alone[i - first];
      } else {
        results[i] += " (only when run after the tests before it)";
      }
    }
  }
  return results;
}

std::string Runner::run_one(const Test& test) {
  for (const State* state : {&test.initial, &test.final}) {
    for (const RamByte& byte : state->ram) {
      if (byte.address >= kReach) {
        return "names RAM at " + hex(byte.address, 6) + ", out of reach of real mode";
      }
    }
  }
  load(test);
  std::string difference = execute(test);
  if (difference.empty()) difference = compare(test);
  restore(test);
  return difference;
}

void Runner::load(const Test& test) {
  for (const RamByte& byte : test.initial.ram) poke(byte.address, byte.value);
  const auto& value = test.initial.registers.value;
  cpu::Registers registers = template_;
  for (const auto& [slot, index] : kGeneral) registers.general[index] = value[slot];
  for (const auto& [slot, index] : kSegments) {
    auto& segment = registers.segments[index];
    segment.selector = static_cast<std::uint16_t>(value[slot]);
    segment.base = static_cast<std::uint32_t>(segment.selector) << 4;
    segment.limit = 0xFFFF;
    if (file_.in_protected_mode()) {
      constexpr std::uint16_t kBigCode = 0x409B, kBigData = 0x4093;
      segment.access = index == cpu::kCs ? kBigCode : kBigData;
    }
  }
  // No table, so a fault goes nowhere: shutdown with everything as the fault found it.
  if (file_.in_protected_mode()) registers.idtr_limit = 0;
  registers.eip = value[kEip];
  registers.eflags = (value[kEflags] & kFlagsLoaded) | 2;
  if (file_.wide()) {
    registers.cr0 = value[kCr0];
    registers.cr3 = value[kCr3];
    registers.dr[6] = value[kDr6];
    registers.dr[7] = value[kDr7];
  }
  registers.activity = cpu::Activity::running;
  cpu_->set_registers(registers);
  ports_->clear();
}

std::string Runner::execute(const Test& test) {
  if (file_.cpu != "8086") {
    std::uint64_t done = 0;
    while (cpu_->activity() == cpu::Activity::running && done < kInstructionLimit) {
      done += cpu_->run(kInstructionLimit - done);
    }
    if (file_.in_protected_mode()) return compare_shutdown(test);
    if (cpu_->activity() == cpu::Activity::shutdown) return "shut down";
    if (cpu_->activity() != cpu::Activity::halted) return "never reached HLT";
    return {};
  }
  // Exactly one instruction; a repeated one is retired element by element and is over when IP
  // leaves it.
  const std::uint32_t start = test.initial.registers.value[kEip];
  const bool repeated = repeats(test.bytes);
  for (std::uint64_t done = 0; done < kInstructionLimit; ++done) {
    cpu_->run(1);
    if (!repeated) return {};
    const std::uint32_t into = (cpu_->registers().eip - start) & 0xFFFF;
    if (into >= test.bytes.size()) return {};
  }
  return "the repeated instruction never ended";
}

// In protected mode an expected exception ends in shutdown: it, perhaps a #GP that says the table
// has no entry for it, and the double fault.
std::string Runner::compare_shutdown(const Test& test) const {
  const bool stopped = cpu_->activity() == cpu::Activity::shutdown;
  if (!stopped && cpu_->activity() != cpu::Activity::halted) return "never reached HLT";
  if (!stopped && test.exception) return "no exception " + std::to_string(test.exception->vector);
  if (!stopped) return {};
  const auto seen = cpu_->recent_exceptions();
  const cpu::Delivery& before_double_fault = seen[seen.size() - 2];
  const bool about_table = (before_double_fault.error_code & 2) != 0;
  const unsigned vector =
      about_table ? before_double_fault.error_code >> 3 : before_double_fault.vector;
  if (!test.exception) return "exception " + std::to_string(vector);
  if (vector == test.exception->vector) return {};
  return "exception " + std::to_string(vector) + ", expected " +
         std::to_string(test.exception->vector);
}

std::string Runner::compare(const Test& test) const {
  std::string difference = compare_registers(test);
  if (difference.empty()) difference = compare_ram(test);
  if (difference.empty() && test.has_cycles) difference = compare_ports(test);
  return difference;
}

// Bits 12 to 14 do not exist in a real-mode 286 and are always set in an 8086; the captures of the
// 286 load them with junk.
std::uint32_t Runner::flags_compared(const Test& test) const {
  const bool junk = (test.initial.registers.value[kEflags] & kFlagsHigh) != 0;
  if (file_.cpu == "8086" || (junk && file_.wide())) return kFlagsDefined;
  return kFlagsDefined | kFlagsHigh;
}

std::string Runner::compare_registers(const Test& test) const {
  const auto actual = flatten(cpu_->registers());
  const auto& initial = test.initial.registers;
  const auto& final = test.final.registers;
  // IP last: where a fault or branch went wrong, something else says why.
  for (const bool ip_turn : {false, true}) {
    for (std::size_t reg = 0; reg < kRegisterCount; ++reg) {
      if ((reg == kEip) != ip_turn || !initial.has(reg)) continue;
      std::uint32_t expected = final.has(reg) ? final.value[reg] : initial.value[reg];
      std::uint32_t mask = file_.wide() ? existing_bits(reg) : 0xFFFF;
      if (file_.masks.has(reg)) mask &= file_.masks.value[reg];
      if (test.final.masks.has(reg)) mask &= test.final.masks.value[reg];
      if (reg == kEflags) {
        if (!final.has(reg)) expected = (expected & kFlagsLoaded) | 2;
        mask &= flags_mask_ & flags_compared(test);
      }
      if (((actual[reg] ^ expected) & mask) == 0) continue;
      const int digits = file_.wide() ? 8 : 4;
      std::string name(register_name(reg));
      if (!file_.wide() && name[0] == 'e' && reg != kEs) name.erase(0, 1);
      return name + " " + hex(actual[reg] & mask, digits) + ", expected " +
             hex(expected & mask, digits);
    }
  }
  return {};
}

std::string Runner::compare_ram(const Test& test) const {
  // The FLAGS word that a fault pushed holds undefined bits too. It lies above CS and IP on the
  // final stack: the address in the EXCP record is that of the bus cycle, even where SP is odd.
  // 8086 files have no such record; there an instruction that went through a vector leaves SP lower
  // by 6.
  std::optional<std::uint32_t> pushed_flags;
  const auto& before = test.initial.registers.value;
  const auto& after = test.final.registers;
  const bool vectored = file_.cpu == "8086" && after.has(kCs) && after.has(kEsp) &&
                        after.value[kEsp] == ((before[kEsp] - 6) & 0xFFFF);
  if ((test.exception && !file_.in_protected_mode()) || vectored) {
    const std::uint32_t sp = after.has(kEsp) ? after.value[kEsp] : before[kEsp];
    pushed_flags = (before[kSs] << 4) + ((sp + 4) & 0xFFFF);
    if (file_.cpu == "8086") *pushed_flags &= 0xFFFFF;
  }
  std::uint32_t mask = flags_mask_;
  if (file_.masks.has(kEflags)) mask &= file_.masks.value[kEflags] | ~kFlagsDefined;

  const auto expect = [&](const RamByte& byte) -> std::string {
    std::uint32_t compared = 0xFF;
    if (pushed_flags && byte.address == *pushed_flags) compared = mask & 0xFF;
    if (pushed_flags && byte.address == *pushed_flags + 1) compared = mask >> 8 & 0xFF;
    const std::uint8_t actual = peek(byte.address);
    if (((actual ^ byte.value) & compared) == 0) return {};
    return "byte at " + hex(byte.address, 5) + " " + hex(actual, 2) + ", expected " +
           hex(byte.value, 2);
  };
  for (const RamByte& byte : test.final.ram) {
    if (std::string difference = expect(byte); !difference.empty()) return difference;
  }
  const auto& changed = test.final.ram;
  for (const RamByte& byte : test.initial.ram) {
    const bool listed = std::any_of(changed.begin(), changed.end(), [&](const RamByte& other) {
      return other.address == byte.address;
    });
    if (listed) continue;
    if (std::string difference = expect(byte); !difference.empty()) return difference;
  }
  return {};
}

std::string Runner::compare_ports(const Test& test) const {
  const auto& written = ports_->written();
  std::size_t next = 0;
  const auto lane = [](const PortWrite& cycle, bool odd) {
    return static_cast<std::uint8_t>(odd ? cycle.data >> 8 : cycle.data);
  };
  for (const PortWrite& cycle : test.port_writes) {
    const bool odd = (cycle.port & 1) != 0;
    if (next == written.size()) return "no write to port " + hex(cycle.port);
    const PortLog::Byte& byte = written[next++];
    if (byte.port != cycle.port || byte.value != lane(cycle, odd)) {
      return "port " + hex(byte.port) + " written with " + hex(byte.value, 2) + ", expected " +
             hex(cycle.port) + " with " + hex(lane(cycle, odd), 2);
    }
    if (odd || next == written.size() || !written[next].continues) continue;
    if (written[next].value != lane(cycle, true)) {
      return "port " + hex(written[next].port) + " written with " + hex(written[next].value, 2) +
             ", expected " + hex(lane(cycle, true), 2);
    }
    ++next;
  }
  if (next != written.size()) return "unexpected write to port " + hex(written[next].port);
  return {};
}

void Runner::restore(const Test& test) {
  for (const RamByte& byte : test.initial.ram) poke(byte.address, 0);
  for (const RamByte& byte : test.final.ram) poke(byte.address, 0);
}

bool Runner::untouched_before(const Test& test) const {
  const auto is_zero = [this](const RamByte& byte) {
    return byte.address >= kReach || peek(byte.address) == 0;
  };
  return std::all_of(test.initial.ram.begin(), test.initial.ram.end(), is_zero) &&
         std::all_of(test.final.ram.begin(), test.final.ram.end(), is_zero);
}

// The lowest byte that is not zero, if any; all of them are zero afterwards.
std::optional<std::uint32_t> Runner::sweep() {
  memory_->peek(0, sweep_buffer_);
  std::optional<std::uint32_t> found;
  constexpr std::size_t kStep = cpu::kPageSize;
  static constexpr std::array<std::uint8_t, kStep> kZeroes{};
  for (std::size_t page = 0; page < sweep_buffer_.size(); page += kStep) {
    if (std::memcmp(&sweep_buffer_[page], kZeroes.data(), kStep) == 0) continue;
    for (std::size_t at = page; at < page + kStep; ++at) {
      if (sweep_buffer_[at] == 0) continue;
      if (!found) found = static_cast<std::uint32_t>(at);
      poke(static_cast<std::uint32_t>(at), 0);
    }
  }
  return found;
}

std::uint8_t Runner::peek(std::uint32_t address) const {
  std::uint8_t value = 0;
  memory_->peek(address, {&value, 1});
  return value;
}

void Runner::poke(std::uint32_t address, std::uint8_t value) {
  memory_->write_physical(address, {&value, 1});
}

}  // namespace vectors
