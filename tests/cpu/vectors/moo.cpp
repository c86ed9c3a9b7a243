#include "tests/cpu/vectors/moo.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace vectors {
namespace {

// The largest published file inflates to some 40 MB; a gzip bomb stops here.
constexpr std::size_t kInflatedLimit = 256U << 20;
// Real mode reaches 10FFEFh; 16 MB is what the 286 has pins for.
constexpr std::uint32_t kRamLimit = 16U << 20;

// REGS order -> our slots.
constexpr std::array<RegisterName, 14> kNarrowSlots = {kEax, kEbx, kEcx, kEdx, kCs,  kSs,  kDs,
                                                       kEs,  kEsp, kEbp, kEsi, kEdi, kEip, kEflags};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::string what)
      : bytes_(bytes), what_(std::move(what)) {}

  bool empty() const { return bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }

  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > bytes_.size()) {
      throw MooError(what_ + ": " + std::to_string(count) + " bytes wanted, " +
                     std::to_string(bytes_.size()) + " left");
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::uint8_t u8() { return take(1)[0]; }
  std::uint16_t u16() {
    const auto b = take(2);
    return static_cast<std::uint16_t>(b[0] | b[1] << 8);
  }
  std::uint32_t u32() {
    const std::uint32_t low = u16();
    return low | static_cast<std::uint32_t>(u16()) << 16;
  }
  std::string text(std::size_t count) {
    const auto b = take(count);
    return {b.begin(), b.end()};
  }
  // A count followed by that many records of `size` bytes, which must fill the chunk.
  std::uint32_t counted(std::size_t size) {
    const std::uint32_t count = u32();
    if (std::uint64_t{count} * size != left()) {
      throw MooError(what_ + ": " + std::to_string(count) + " records of " + std::to_string(size) +
                     " bytes announced, " + std::to_string(left()) + " bytes there");
    }
    return count;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string what_;
};

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

template <class Visitor>
void for_each_chunk(Reader in, const std::string& where, Visitor visit) {
  while (!in.empty()) {
    if (in.left() < 8) {
      throw MooError(where + ": " + std::to_string(in.left()) + " stray bytes at its end");
    }
    const std::string tag = in.text(4);
    const std::uint32_t size = in.u32();
    std::string name = where;
    name += ": chunk '";
    for (const char c : tag) name += c >= ' ' && c <= '~' ? c : '?';
    name += "'";
    if (size > in.left()) {
      throw MooError(name + " of " + std::to_string(size) + " bytes overruns its parent");
    }
    visit(tag, Reader(in.take(size), name), name);
  }
}

RegisterSet narrow_registers(Reader in, const std::string& where) {
  const std::uint16_t listed = in.u16();
  if ((listed >> kNarrowSlots.size()) != 0) throw MooError(where + ": unknown register bits");
  RegisterSet set;
  for (std::size_t i = 0; i < kNarrowSlots.size(); ++i) {
    if ((listed >> i & 1) == 0) continue;
    set.present |= 1U << kNarrowSlots[i];
    set.value[kNarrowSlots[i]] = in.u16();
  }
  if (!in.empty()) throw MooError(where + ": longer than its registers");
  return set;
}

RegisterSet wide_registers(Reader in, const std::string& where) {
  const std::uint32_t listed = in.u32();
  if ((listed >> kRegisterCount) != 0) throw MooError(where + ": unknown register bits");
  RegisterSet set;
  set.present = listed;
  for (std::size_t i = 0; i < kRegisterCount; ++i) {
    if (set.has(i)) set.value[i] = in.u32();
  }
  if (!in.empty()) throw MooError(where + ": longer than its registers");
  return set;
}

std::vector<RamByte> ram_bytes(Reader in, const std::string& where) {
  const std::uint32_t count = in.counted(5);
  std::vector<RamByte> ram;
  ram.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t address = in.u32();
    if (address >= kRamLimit) throw MooError(where + ": address beyond 16 MB");
    ram.push_back({address, in.u8()});
  }
  return ram;
}

State parse_state(const Reader& in, const std::string& where) {
  State state;
  for_each_chunk(in, where,
                 [&](const std::string& tag, const Reader& body, const std::string& name) {
                   if (tag == "REGS") state.registers = narrow_registers(body, name);
                   if (tag == "RG32") state.registers = wide_registers(body, name);
                   if (tag == "RMSK") state.masks = narrow_registers(body, name);
                   if (tag == "RM32") state.masks = wide_registers(body, name);
                   if (tag == "RAM ") state.ram = ram_bytes(body, name);
                 });
  return state;
}

// Writes to ports among the bus cycles: the port is on the address latch in the first T state of an
// I/O write cycle, the data when the write strobe is active.
std::vector<PortWrite> port_writes(Reader in, std::string_view cpu) {
  constexpr std::uint8_t kIoWriteStrobe = 1;  // 8086: IOWC without only AIOWC; 286: IOWC
  const std::uint8_t io_write_status = cpu == "8086" ? 0x2 : 0xA;
  const std::uint32_t count = in.counted(15);
  std::vector<PortWrite> writes;
  std::int32_t port = -1;  // none yet
  for (std::uint32_t i = 0; i < count; ++i) {
    in.u8();  // pins
    const std::uint32_t address = in.u32();
    in.take(2);  // segment, memory strobes
    const std::uint8_t io_strobes = in.u8();
    in.u8();
    const std::uint16_t data = in.u16();
    const std::uint8_t status = in.u8();
    const std::uint8_t t_state = in.u8();
    in.take(2);  // queue
    if (t_state == 1 && status == io_write_status)
      port = static_cast<std::int32_t>(address & 0xFFFF);
    if ((io_strobes & kIoWriteStrobe) != 0 && port >= 0) {
      writes.push_back({static_cast<std::uint16_t>(port), data});
      port = -1;
    }
  }
  return writes;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t b : bytes) {
    text += kDigits[b >> 4];
    text += kDigits[b & 15];
  }
  return text;
}

Test parse_test(Reader in, const std::string& where, const MooFile& file) {
  Test test;
  test.index = in.u32();
  bool has_initial = false;
  bool has_final = false;
  const bool has_bus = file.cpu == "8086" || file.cpu == "C286";
  for_each_chunk(in, where, [&](const std::string& tag, Reader body, const std::string& name) {
    if (tag == "NAME") {
      test.name = body.text(body.counted(1));
    } else if (tag == "BYTS") {
      const auto bytes = body.take(body.counted(1));
      test.bytes.assign(bytes.begin(), bytes.end());
    } else if (tag == "INIT") {
      test.initial = parse_state(body, name);
      has_initial = true;
    } else if (tag == "FINA") {
      test.final = parse_state(body, name);
      has_final = true;
    } else if (tag == "EXCP") {
      const std::uint8_t vector = body.u8();
      test.exception = {vector, body.u32()};
    } else if (tag == "HASH") {
      test.hash = hex(body.take(20));
    } else if (tag == "CYCL" && has_bus) {
      test.port_writes = port_writes(body, file.cpu);
      test.has_cycles = true;
    }
  });
  if (!has_initial || !has_final) throw MooError(where + ": INIT or FINA missing");
  std::uint32_t all = (1U << kRegisterCount) - 1;
  if (!file.wide()) {
    all = 0;
    for (const RegisterName slot : kNarrowSlots) all |= 1U << slot;
  }
  if (test.initial.registers.present != all) {
    throw MooError(where + ": INIT does not list every register");
  }
  return test;
}

}  // namespace

std::string_view register_name(std::size_t reg) {
  constexpr std::array<std::string_view, kRegisterCount> kNames = {
      "cr0", "cr3", "eax", "ebx", "ecx", "edx", "esi", "edi",    "ebp", "esp",
      "cs",  "ds",  "es",  "fs",  "gs",  "ss",  "eip", "eflags", "dr6", "dr7"};
  return kNames.at(reg);
}

std::string moo_cpu(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 20 || std::memcmp(bytes.data(), "MOO ", 4) != 0) return {};
  const auto name = bytes.subspan(16, 4);
  return trimmed({name.begin(), name.end()});
}

MooFile parse_moo(std::span<const std::uint8_t> bytes) {
  MooFile file;
  if (bytes.size() < 20 || std::memcmp(bytes.data(), "MOO ", 4) != 0) {
    throw MooError("not a MOO file: no 'MOO ' header");
  }
  bool first = true;
  std::uint32_t announced = 0;
  const Reader whole(bytes, "file");
  for_each_chunk(whole, "file", [&](const std::string& tag, Reader body, const std::string& name) {
    if (first) {
      body.take(4);  // version
      announced = body.u32();
      file.cpu = trimmed(body.text(4));
      first = false;
    } else if (tag == "RMSK") {
      file.masks = narrow_registers(body, name);
    } else if (tag == "RM32") {
      file.masks = wide_registers(body, name);
    } else if (tag == "TEST") {
      file.tests.push_back(parse_test(body, "test " + std::to_string(file.tests.size()), file));
    }
  });
  if (announced != file.tests.size()) {
    throw MooError("header announces " + std::to_string(announced) + " tests, " +
                   std::to_string(file.tests.size()) + " found");
  }
  return file;
}

std::vector<std::uint8_t> read_maybe_gzip(const std::filesystem::path& path,
                                          std::optional<std::size_t> limit) {
  struct Closer {
    void operator()(gzFile_s* file) const { gzclose_r(file); }
  };
  // gzopen opens a folder happily and fails at the first read.
  if (std::filesystem::is_directory(path)) throw MooError("is a folder");
  const std::unique_ptr<gzFile_s, Closer> file(gzopen(path.c_str(), "rb"));
  if (!file) throw MooError("cannot be opened");
  constexpr std::size_t kPiece = 64U << 10;
  const std::size_t wanted = limit.value_or(kInflatedLimit + 1);
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < wanted) {
    const std::size_t before = bytes.size();
    bytes.resize(std::min(wanted, before + kPiece));
    const int got =
        gzread(file.get(), bytes.data() + before, static_cast<unsigned>(bytes.size() - before));
    bytes.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got <= 0) {
      int code = Z_OK;
      const std::string message = gzerror(file.get(), &code);  // "PATH: what happened"
      const std::size_t colon = message.rfind(": ");
      if (code != Z_OK) {
        throw MooError("damaged gzip stream: " +
                       (colon == std::string::npos ? message : message.substr(colon + 2)));
      }
      break;
    }
  }
  if (!limit && bytes.size() > kInflatedLimit) throw MooError("inflates to more than 256 MB");
  return bytes;
}

}  // namespace vectors
