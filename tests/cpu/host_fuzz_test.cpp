// Random 32-bit user programs on the host's processor and on ours: registers, memory, the exception
// that ends the program and all defined flags have to agree. Ours runs each program in both
// engines, in flat segments under paging and in segments with a base without paging, as a 386, a
// 486 and a pentium.
//   host_fuzz_test [--instructions N] [--seconds N] [--seed N]
// It ends at whichever limit comes first. Exit code 0, 1 where they disagree, 77 where the host
// cannot do it.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "tests/cpu/guest.h"
#include "tests/cpu/host/host_process.h"
#include "tests/cpu/host/program.h"

using namespace host_fuzz;

namespace {

constexpr unsigned kInstructions = 60;  // of a program
constexpr unsigned kRuns = 4;  // of a program, so that the cached engine runs from its cache
constexpr std::uint32_t kArithmeticFlags = 0x8D5, kDirection = 0x400;

enum class Layout : std::uint8_t { flat_pages, based_segments };

// Our processor in ring 3 with its own memory. Exceptions come to ring 0, where each vector has a
// HLT of its own.
class GuestProcess {
 public:
  GuestProcess(cpu::Model model, cpu::Engine engine, Layout layout)
      : processor_(model, memory_, bus_, engine), paged_(layout == Layout::flat_pages) {
    const std::uint32_t base = paged_ ? 0 : kPhysical - kWindow;
    poke_descriptor(kGdt + 0x08, 0, 0x9A);
    poke_descriptor(kGdt + 0x10, 0, 0x92);
    poke_descriptor(kGdt + (kUserCode & ~7u), base, 0xFA);
    poke_descriptor(kGdt + (kUserData & ~7u), base, 0xF2);
    for (std::uint32_t vector = 0; vector < 32; ++vector) {
      poke32(kIdt + 8 * vector, 0x08u << 16 | (kHandlers + vector));
      poke32(kIdt + 8 * vector + 4, 0xEE00);
      poke(kHandlers + vector, std::array<std::uint8_t, 1>{0xF4});
    }
    poke32(kTss + 4, kRing0Stack);
    poke32(kTss + 8, 0x10);
    poke32(kTss + 0x64, 0x68u << 16);
    poke32(kDirectory, kLowTable | 3);
    for (std::uint32_t page = 0; page < 1024; ++page) poke32(kLowTable + 4 * page, page << 12 | 3);
    poke32(kDirectory + (kWindow >> 22) * 4, kWindowTable | 7);
    map(kCode, kCodeSize);
    map(kData, kDataSize);
    map(kStack, kStackSize);

    start_.segments[cpu::kCs] = {kUserCode, base, 0xFFFFFFFF, 0xC0FB};
    for (const unsigned n : {cpu::kSs, cpu::kDs, cpu::kEs}) {
      start_.segments[n] = {kUserData, base, 0xFFFFFFFF, 0xC0F3};
    }
    for (const unsigned n : {cpu::kFs, cpu::kGs}) start_.segments[n] = {0, 0, 0, 0};
    start_.ldtr = {0, 0, 0, 0};
    start_.tr = {0x30, kTss, 0x67, 0x8B};
    start_.gdtr_base = kGdt;
    start_.gdtr_limit = 0x3F;
    start_.idtr_base = kIdt;
    start_.idtr_limit = 0xFF;
    start_.cr0 = paged_ ? 0x80000011 : 0x11;
    start_.cr3 = kDirectory;
  }

  void load(std::span<const std::uint8_t> code) { write(kCode, code); }
  void set_memory(std::span<const std::uint8_t> data, std::span<const std::uint8_t> stack) {
    write(kData, data);
    write(kStack, stack);
  }
  std::span<const std::uint8_t> data() const { return region(kData, kDataSize); }
  std::span<const std::uint8_t> stack() const { return region(kStack, kStackSize); }

  // Returns the number of instructions, 0 if the program did not end.
  std::uint64_t run(State& state) {
    cpu::Registers r = start_;
    r.general = state.general;
    r.eip = state.eip;
    r.eflags = state.eflags;
    processor_.set_registers(r);
    const std::uint64_t count = processor_.run(kLimit);
    r = processor_.registers();
    if (processor_.activity() != cpu::Activity::halted || r.eip <= kHandlers) return 0;
    state.vector = r.eip - kHandlers - 1;
    state.general = r.general;
    std::uint32_t frame = r.general[cpu::kEsp];
    state.error_code = 0;
    if (state.vector == 8 || (state.vector >= 10 && state.vector <= 14) || state.vector == 17) {
      state.error_code = peek32(frame);
      frame += 4;
    }
    state.eip = peek32(frame);
    state.eflags = peek32(frame + 8);
    state.general[cpu::kEsp] = peek32(frame + 12);
    return count;
  }

 private:
  static constexpr std::uint32_t kGdt = 0x1000, kIdt = 0x1800, kTss = 0x2000, kHandlers = 0x3000;
  static constexpr std::uint32_t kRing0Stack = 0x8000, kDirectory = 0x10000, kLowTable = 0x11000;
  static constexpr std::uint32_t kWindowTable = 0x12000, kPhysical = 0x100000;
  static constexpr std::uint64_t kLimit = 100000;

  static std::uint32_t physical(std::uint32_t linear) { return linear - kWindow + kPhysical; }
  void poke(std::uint32_t address, std::span<const std::uint8_t> bytes) {
    memory_.write_physical(address, bytes);
  }
  void poke32(std::uint32_t address, std::uint32_t value) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &value, 4);
    poke(address, bytes);
  }
  std::uint32_t peek32(std::uint32_t address) const {
    std::uint32_t value = 0;
    std::memcpy(&value, &memory_.ram()[address], 4);
    return value;
  }
  // 4 GB from base.
  void poke_descriptor(std::uint32_t address, std::uint32_t base, std::uint32_t access) {
    poke32(address, base << 16 | 0xFFFF);
    poke32(address + 4, (base & 0xFF000000) | 0xCF0000 | access << 8 | (base >> 16 & 0xFF));
  }
  void map(std::uint32_t linear, std::uint32_t size) {
    for (std::uint32_t at = linear; at < linear + size; at += 0x1000) {
      poke32(kWindowTable + (at >> 12 & 0x3FF) * 4, physical(at) | 7);
    }
  }
  void write(std::uint32_t linear, std::span<const std::uint8_t> bytes) {
    memory_.write_physical(physical(linear), bytes);
  }
  std::span<const std::uint8_t> region(std::uint32_t linear, std::uint32_t size) const {
    return memory_.ram().subspan(physical(linear), size);
  }

  cpu::Memory memory_{4u << 20};
  cpu_test::TestBus bus_;
  cpu::Cpu processor_;
  cpu::Registers start_;
  bool paged_;
};

struct Guest {
  std::string_view name;
  cpu::Model model;
  Layout layout;
  std::unique_ptr<GuestProcess> cached, step;
};

std::vector<Guest> make_guests() {
  using cpu::Model;
  std::vector<Guest> guests;
  for (const auto& [name, model] :
       {std::pair{"386", Model::i80386}, std::pair{"486", Model::i80486},
        std::pair{"pentium", Model::pentium}}) {
    for (const Layout layout : {Layout::flat_pages, Layout::based_segments}) {
      guests.push_back({name, model, layout,
                        std::make_unique<GuestProcess>(model, cpu::Engine::cached, layout),
                        std::make_unique<GuestProcess>(model, cpu::Engine::step, layout)});
    }
  }
  return guests;
}

State random_state(std::mt19937& random) {
  State state;
  for (auto& value : state.general) value = static_cast<std::uint32_t>(random());
  state.general[cpu::kEsp] = kStack + kStackSize / 2;
  state.eflags = 0x202 | (static_cast<std::uint32_t>(random()) & (kArithmeticFlags | kDirection));
  return state;
}

void print(const char* who, const State& s, std::uint32_t undefined) {
  std::printf("  %-6s", who);
  for (const std::uint32_t value : s.general) std::printf(" %08X", value);
  std::printf(" eip +%X flags %04X vector %u error %X\n", s.eip - kCode,
              s.eflags & (kArithmeticFlags | kDirection) & ~undefined, s.vector, s.error_code);
}

bool same(const State& host, const State& guest, std::uint32_t undefined) {
  const std::uint32_t defined = (kArithmeticFlags | kDirection) & ~undefined;
  return host.general == guest.general && host.eip == guest.eip && host.vector == guest.vector &&
         ((host.eflags ^ guest.eflags) & defined) == 0 &&
         (host.error_code == guest.error_code || host.vector == 14);
}

// What the host and our processor make of one program, from the same memory.
class Comparison {
 public:
  Comparison(HostProcess& host, Guest& guest, const Program& program)
      : host_(host), guest_(guest), program_(program) {
    host_.load(program.code);
    guest_.cached->load(program.code);
    guest_.step->load(program.code);
  }

  bool run(const State& start) {
    guest_.cached->set_memory(host_.data(), host_.stack());
    guest_.step->set_memory(host_.data(), host_.stack());
    expected_ = start;
    host_.run(expected_);
    const auto point = program_.points.find(expected_.eip - kCode);
    undefined_ = point == program_.points.end() ? 0 : point->second;
    if (!agrees(start, *guest_.step, "step") || !agrees(start, *guest_.cached, "cached"))
      return false;
    instructions_ += counted_;
    return true;
  }
  std::uint64_t instructions() const { return instructions_; }

 private:
  bool agrees(const State& start, GuestProcess& process, const char* engine) {
    State got = start;
    const std::uint64_t count = process.run(got);
    if (count != 0 && same(expected_, got, undefined_) &&
        std::ranges::equal(host_.data(), process.data()) &&
        std::ranges::equal(host_.stack(), process.stack())) {
      counted_ = count;
      return true;
    }
    explain(start, got, process, engine);
    return false;
  }
  void explain(const State& start, const State& got, const GuestProcess& process,
               const char* engine) const {
    std::printf("FAIL: %s %s, %s\n", guest_.name.data(), engine,
                guest_.layout == Layout::flat_pages ? "flat, paging" : "segments with a base");
    print("start", start, 0);
    print("host", expected_, undefined_);
    print("ours", got, undefined_);
    const auto show = [](const char* name, auto host, auto guest) {
      for (std::size_t n = 0; n < host.size(); ++n) {
        if (host[n] != guest[n]) {
          std::printf("  %s + %zX: host %02X, ours %02X\n", name, n, host[n], guest[n]);
          break;
        }
      }
    };
    show("data", host_.data(), process.data());
    show("stack", host_.stack(), process.stack());
    for (auto at = program_.points.begin(); at != program_.points.end(); ++at) {
      const auto next = std::next(at);
      const std::size_t end = next == program_.points.end() ? program_.code.size() : next->first;
      std::printf("  +%03X ", at->first);
      for (std::size_t n = at->first; n < end; ++n) std::printf(" %02X", program_.code[n]);
      std::printf("\n");
    }
  }

  HostProcess& host_;
  Guest& guest_;
  const Program& program_;
  State expected_;
  std::uint32_t undefined_ = 0;
  std::uint64_t counted_ = 0;  // of the last run
  std::uint64_t instructions_ = 0;
};

struct Options {
  std::uint64_t instructions = 10'000'000;
  std::uint64_t seconds = 3600;
  std::uint64_t seed = 1;
};

bool parse(int argc, char** argv, Options& options) {
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view name = argv[n], text = argv[n + 1];
    std::uint64_t* value = name == "--instructions" ? &options.instructions
                           : name == "--seconds"    ? &options.seconds
                           : name == "--seed"       ? &options.seed
                                                    : nullptr;
    if (value == nullptr) return false;
    if (std::from_chars(text.data(), text.data() + text.size(), *value).ec != std::errc{})
      return false;
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::puts("host_fuzz_test [--instructions N] [--seconds N] [--seed N]");
    return 2;
  }
  const char* why = "";
  const std::unique_ptr<HostProcess> host = HostProcess::create(why);
  if (!host) {
    std::printf("SKIP: %s\n", why);
    return 77;
  }
  std::mt19937 random(static_cast<std::uint32_t>(options.seed));
  std::vector<Guest> guests = make_guests();
  const auto begin = std::chrono::steady_clock::now();
  const auto out_of_time = [&] {
    return std::chrono::steady_clock::now() - begin > std::chrono::seconds(options.seconds);
  };
  std::uint64_t instructions = 0, programs = 0;
  while (instructions < options.instructions && !out_of_time()) {
    Guest& guest = guests[programs % guests.size()];
    if (programs % 16 == 0) {
      for (auto& byte : host->data()) byte = static_cast<std::uint8_t>(random());
      for (auto& byte : host->stack()) byte = static_cast<std::uint8_t>(random());
    }
    const Program program = random_program(random, guest.model, kInstructions);
    Comparison comparison(*host, guest, program);
    for (unsigned n = 0; n < kRuns; ++n) {
      if (!comparison.run(random_state(random))) {
        std::printf("seed %llu, program %llu, run %u\n",
                    static_cast<unsigned long long>(options.seed),
                    static_cast<unsigned long long>(programs), n);
        return 1;
      }
    }
    instructions += comparison.instructions();
    ++programs;
  }
  std::printf("%llu instructions in %llu programs agree with the host\n",
              static_cast<unsigned long long>(instructions),
              static_cast<unsigned long long>(programs));
  return 0;
}
