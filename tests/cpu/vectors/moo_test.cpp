// The MOO reader against files built by hand: good ones, and ones with every length wrong.
#include "tests/cpu/vectors/moo.h"

#include <unistd.h>
#include <zlib.h>

#include <fstream>

#include "tests/catch.hpp"
#include "tests/cpu/vectors/selection.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

void append(Bytes& to, const Bytes& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Bytes le(std::uint64_t value, int bytes) {
  Bytes out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return out;
}

Bytes text(const std::string& s) {
  return {s.begin(), s.end()};
}

Bytes chunk(const std::string& tag, const Bytes& body) {
  Bytes out = text(tag);
  append(out, le(body.size(), 4));
  append(out, body);
  return out;
}

Bytes join(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) append(out, part);
  return out;
}

Bytes header(const std::string& cpu, std::uint32_t count) {
  return chunk("MOO ", join({{1, 1, 0, 0}, le(count, 4), text(cpu)}));
}

Bytes registers16(std::uint16_t listed) {
  Bytes out = le(listed, 2);
  for (int i = 0; i < 14; ++i) {
    if ((listed >> i & 1) != 0) append(out, le(0x1000U + static_cast<unsigned>(i), 2));
  }
  return chunk("REGS", out);
}

Bytes ram(const std::vector<std::pair<std::uint32_t, std::uint8_t>>& bytes) {
  Bytes out = le(bytes.size(), 4);
  for (const auto& [address, value] : bytes) append(out, join({le(address, 4), {value}}));
  return chunk("RAM ", out);
}

Bytes counted(const std::string& tag, const Bytes& body) {
  return chunk(tag, join({le(body.size(), 4), body}));
}

Bytes test_body() {
  return join({le(7, 4), counted("NAME", text("out 21h, ax")), counted("BYTS", {0xE7, 0x21, 0xF4}),
               chunk("INIT", join({registers16(0x3FFF), ram({{0x500, 0xE7}})})),
               chunk("FINA", join({registers16(0x1000), ram({{0x10FFEF, 9}})})),
               chunk("EXCP", join({{13}, le(0x4321, 4)})), chunk("HASH", Bytes(20, 0xAB))});
}

Bytes good_file() {
  return join({header("C286", 1), chunk("TEST", test_body())});
}

Bytes gzip(const Bytes& plain, const std::filesystem::path& path) {
  gzFile out = gzopen(path.c_str(), "wb");
  REQUIRE(out != nullptr);
  REQUIRE(gzwrite(out, plain.data(), static_cast<unsigned>(plain.size())) ==
          static_cast<int>(plain.size()));
  REQUIRE(gzclose(out) == Z_OK);
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class TemporaryFile {
 public:
  // ctest runs test cases as processes of their own, so the name needs the process.
  explicit TemporaryFile(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("moo_test-" + std::to_string(getpid()) + "-" + name)) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void write(const Bytes& bytes) const {
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("moo: a 16-bit test is read with its registers in the slots of the 32-bit ones") {
  const auto file = vectors::parse_moo(good_file());
  CHECK(file.cpu == "C286");
  CHECK_FALSE(file.wide());
  REQUIRE(file.tests.size() == 1);
  const auto& test = file.tests[0];
  CHECK(test.index == 7);
  CHECK(test.name == "out 21h, ax");
  CHECK(test.bytes == Bytes{0xE7, 0x21, 0xF4});
  CHECK(test.hash == "abababababababababababababababababababab");
  CHECK(test.initial.registers.value[vectors::kEax] == 0x1000);
  CHECK(test.initial.registers.value[vectors::kCs] == 0x1004);
  CHECK(test.initial.registers.value[vectors::kSs] == 0x1005);
  CHECK(test.initial.registers.value[vectors::kEsp] == 0x1008);
  CHECK(test.initial.registers.value[vectors::kEflags] == 0x100D);
  CHECK(test.final.registers.has(vectors::kEip));
  CHECK_FALSE(test.final.registers.has(vectors::kEflags));
  REQUIRE(test.final.ram.size() == 1);
  CHECK(test.final.ram[0].address == 0x10FFEF);
  REQUIRE(test.exception);
  CHECK(test.exception->vector == 13);
  CHECK(test.exception->flags_address == 0x4321);
}

TEST_CASE("moo: port writes are found among the bus cycles of a 286") {
  const auto row = [](std::uint32_t address, std::uint8_t io, std::uint16_t data,
                      std::uint8_t status, std::uint8_t t) {
    return join({{0}, le(address, 4), {3, 0, io, 0}, le(data, 2), {status, t, 0, 0}});
  };
  const Bytes cycles = join({le(4, 4), row(0x6D, 0, 0xFA01, 0xA, 1), row(0x6E, 1, 0x3500, 0xB, 2),
                             row(0x6E, 0, 0x35C5, 0xA, 1), row(0x2, 1, 0x00C5, 0x7, 2)});
  const Bytes body = join({test_body(), chunk("CYCL", cycles)});
  const auto file = vectors::parse_moo(join({header("C286", 1), chunk("TEST", body)}));
  const auto& writes = file.tests[0].port_writes;
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].port == 0x6D);
  CHECK(writes[0].data == 0x3500);
  CHECK(writes[1].port == 0x6E);
  CHECK(writes[1].data == 0x00C5);
}

TEST_CASE("moo: a file cut at any byte is refused") {
  const Bytes whole = good_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_THROWS_AS(vectors::parse_moo(std::span(whole).first(size)), vectors::MooError);
  }
}

TEST_CASE("moo: any single corrupted byte is either refused or read without harm") {
  const Bytes whole = good_file();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      Bytes bad = whole;
      bad[at] = static_cast<std::uint8_t>(value);
      try {
        const auto file = vectors::parse_moo(bad);
        CHECK(file.tests.size() == 1);
      } catch (const vectors::MooError&) {
        SUCCEED("refused");
      }
    }
  }
}

TEST_CASE("moo: what contradicts itself is refused") {
  const auto with_init = [](const Bytes& init) {
    return join({header("C286", 1),
                 chunk("TEST", join({le(0, 4), chunk("INIT", init), chunk("FINA", {})}))});
  };
  REQUIRE_NOTHROW(vectors::parse_moo(with_init(registers16(0x3FFF))));
  SECTION("fewer tests than announced") {
    CHECK_THROWS_AS(vectors::parse_moo(header("C286", 3)), vectors::MooError);
  }
  SECTION("a register missing from INIT") {
    CHECK_THROWS_AS(vectors::parse_moo(with_init(registers16(0x3FFE))), vectors::MooError);
  }
  SECTION("a register that does not exist") {
    CHECK_THROWS_AS(vectors::parse_moo(with_init(chunk("REGS", Bytes(32, 0xFF)))),
                    vectors::MooError);
  }
  SECTION("narrow registers in a 386 file") {
    CHECK_THROWS_AS(
        vectors::parse_moo(join(
            {header("386E", 1), chunk("TEST", join({le(0, 4), chunk("INIT", registers16(0x3FFF)),
                                                    chunk("FINA", {})}))})),
        vectors::MooError);
  }
  SECTION("RAM beyond 16 MB") {
    CHECK_THROWS_AS(
        vectors::parse_moo(with_init(join({registers16(0x3FFF), ram({{16U << 20, 1}})}))),
        vectors::MooError);
  }
  SECTION("a RAM count that overflows 32 bits when multiplied") {
    const Bytes huge = chunk("RAM ", join({le(0x33333334, 4), Bytes(4, 0)}));
    CHECK_THROWS_AS(vectors::parse_moo(with_init(join({registers16(0x3FFF), huge}))),
                    vectors::MooError);
  }
  SECTION("FINA missing") {
    CHECK_THROWS_AS(vectors::parse_moo(join(
                        {header("C286", 1),
                         chunk("TEST", join({le(0, 4), chunk("INIT", registers16(0x3FFF))}))})),
                    vectors::MooError);
  }
}

TEST_CASE("moo: files are read plain, gzipped and from the header only; damage has a name") {
  const TemporaryFile file("a.MOO.gz");
  const Bytes plain = good_file();
  file.write(plain);
  CHECK(vectors::read_maybe_gzip(file.path()) == plain);
  const Bytes packed = gzip(plain, file.path());
  CHECK(vectors::read_maybe_gzip(file.path()) == plain);
  CHECK(vectors::moo_cpu(vectors::read_maybe_gzip(file.path(), 20)) == "C286");
  file.write(Bytes(packed.begin(), packed.end() - 12));
  CHECK_THROWS_AS(vectors::read_maybe_gzip(file.path()), vectors::MooError);
  Bytes damaged = packed;
  damaged[damaged.size() - 6] ^= 0xFF;  // the stored CRC
  file.write(damaged);
  CHECK_THROWS_AS(vectors::read_maybe_gzip(file.path()), vectors::MooError);
  CHECK_THROWS_AS(vectors::read_maybe_gzip(file.path().parent_path()), vectors::MooError);
  CHECK_THROWS_AS(vectors::read_maybe_gzip("/nonexistent/file"), vectors::MooError);
}

TEST_CASE("masks: names lose their size prefixes but not their opcode") {
  const TemporaryFile file("masks.json");
  file.write(text(R"({"_doc": "x", "80386": {"D3.4": 1, "66": 2}, "8086": {"66": 3}})"));
  const vectors::FlagMasks masks(file.path());
  CHECK(masks.find("386N", "D3.4") == 1);
  CHECK(masks.find("386N", "6766D3.4") == 1);
  CHECK(masks.find("386E", "66") == 2);
  CHECK(masks.find("8086", "66") == 3);
  CHECK(masks.find("8086", "D3.4") == 0xFFFF);
  CHECK(masks.find("C286", "D3.4") == 0xFFFF);
  file.write(text("{ not json"));
  CHECK_THROWS_AS(vectors::FlagMasks(file.path()), vectors::SelectionError);
}

TEST_CASE("exclusions: by hash, by position or whole files, always with a reason") {
  const TemporaryFile file("exclusions.txt");
  file.write(text("# comment\n\nC286 F6.7 abab odd quotient\n8086 F6.7 @2 later\n386E 00 * all\n"));
  const vectors::Exclusions exclusions(file.path());
  vectors::Test test;
  CHECK(exclusions.find("8086", "F6.7", test, 2) == "later");
  CHECK_FALSE(exclusions.find("8086", "F6.7", test, 3));
  CHECK(exclusions.find("386E", "00", test, 99) == "all");
  test.hash = "abab";
  CHECK(exclusions.find("C286", "F6.7", test, 0) == "odd quotient");
  test.hash = "abac";
  CHECK_FALSE(exclusions.find("C286", "F6.7", test, 0));
  file.write(text("C286 F6.7 abab\n"));
  CHECK_THROWS_AS(vectors::Exclusions(file.path()), vectors::SelectionError);
}
