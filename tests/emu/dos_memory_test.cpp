// Tables as DOS 5 lays them out, written by hand after [RBIL]. What a DOS itself builds is read by
// tests/scripts/dos_memory.lua.
#include "emu/dos_memory.h"

#include <algorithm>
#include <string_view>

#include "tests/catch.hpp"

namespace {

// A first megabyte with a list of lists at 0070:0026.
class Guest {
 public:
  static constexpr std::uint32_t kLists = 0x726;
  static constexpr std::uint16_t kFirstBlock = 0x0200, kShell = 0x0301;

  Guest() {
    word(kLists - 2, kFirstBlock);
    bytes(kLists + 0x22 + 10, "NUL     ");
    word(kLists + 0x22 + 4, 0x8004);
    far(kLists + 4, 0x0100, 0x0000);     // files
    far(kLists + 0x16, 0x0110, 0x0000);  // drives
    bytes(kLists + 0x21, "\x05");        // LASTDRIVE=E
    block(kFirstBlock, 'M', 8, 0x100 - 1, "SD");
    block(0x0300, 'M', kShell, 0xFF, "COMMAND");
    block(0x0400, 'Z', 0, 0x9FFF - 0x400, "junk");
    program();
    files();
    drive(0, 0x4000, "A:\\");
    drive(1, 0, "B:\\");
    drive(2, 0x4000, "C:\\GAMES");
    drive(3, 0x5000, "C:\\DOS");
    drive(4, 0xC000, "E:\\");
  }

  void bytes(std::uint32_t at, std::string_view text) {
    memory.write_physical(
        at, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
  void word(std::uint32_t at, unsigned value) {
    const std::array<std::uint8_t, 2> both = {static_cast<std::uint8_t>(value),
                                              static_cast<std::uint8_t>(value >> 8)};
    memory.write_physical(at, both);
  }
  void far(std::uint32_t at, unsigned segment, unsigned offset) {
    word(at, offset);
    word(at + 2, segment);
  }
  void block(std::uint32_t segment, char mark, unsigned owner, unsigned paragraphs,
             std::string_view name) {
    bytes(segment * 16, std::string(1, mark));
    word(segment * 16 + 1, owner);
    word(segment * 16 + 3, paragraphs);
    bytes(segment * 16 + 8, name);
  }
  void program() {
    constexpr std::uint32_t psp = kShell * 16;
    word(psp, 0x20CD);
    word(psp + 0x16, kShell);
    word(psp + 0x32, 20);
    far(psp + 0x34, kShell, 0x18);
    bytes(psp + 0x18, std::string(20, '\xFF'));
    bytes(psp + 0x18, std::string("\x01\x01\x01", 3));
    bytes(psp + 0x80, "\x03 /P\r");
  }
  // Two tables: three entries and two.
  void files() {
    far(0x1000, 0x0140, 0x0000);
    word(0x1004, 3);
    file(0x1006, 2, 2, 0x80, "AUX        ");
    file(0x1006 + 0x3B, 3, 2, 0x80, "CON        ");
    file(0x1006 + 2 * 0x3B, 0, 0, 0x02, "OLD     TXT");
    word(0x1400, 0xFFFF);
    word(0x1404, 2);
    file(0x1406, 1, 1, 0x02, "SAVE    DAT");
    word(0x1406 + 0x11, 0x2345);
    word(0x1406 + 0x13, 0x0001);
    word(0x1406 + 0x15, 0x0200);
    word(0x1406 + 0x31, kShell);
  }
  void file(std::uint32_t at, unsigned handles, unsigned mode, unsigned information,
            std::string_view name) {
    word(at, handles);
    word(at + 2, mode);
    word(at + 5, information);
    bytes(at + 0x20, name);
  }
  void drive(std::uint32_t number, unsigned flags, std::string_view directory) {
    bytes(0x1100 + number * 0x58, directory);
    word(0x1100 + number * 0x58 + 67, flags);
  }
  std::optional<emu::DosMemory> read() const { return emu::read_dos(registers, memory); }

  cpu::Memory memory{2U << 20};
  cpu::Registers registers;
};

}  // namespace

TEST_CASE("DOS: blocks and the programs in them are read from the chain", "[emu][dos]") {
  const Guest guest;
  const auto dos = guest.read();
  REQUIRE(dos);
  REQUIRE(dos->blocks.size() == 3);
  CHECK(dos->blocks[0].name == "DOS SD");
  CHECK(dos->blocks[1].program());
  CHECK(dos->blocks[2].free());
  CHECK(dos->blocks[2].name.empty());
  REQUIRE(dos->programs.size() == 1);
  CHECK(dos->programs[0].psp == Guest::kShell);
  CHECK(dos->programs[0].parent == Guest::kShell);
  CHECK(dos->programs[0].name == "COMMAND");
  CHECK(dos->programs[0].arguments == "/P");
  CHECK(dos->programs[0].handles == 3);
}

TEST_CASE("DOS: open files are those that a handle leads to, in every table", "[emu][dos]") {
  const auto dos = Guest().read();
  REQUIRE(dos);
  REQUIRE(dos->lists);
  REQUIRE(dos->files.size() == 3);
  CHECK(dos->files[1].name == "CON");
  CHECK(dos->files[1].device);
  CHECK(dos->files[1].references == 3);
  const emu::DosFile& file = dos->files[2];
  CHECK(file.name == "SAVE.DAT");
  CHECK_FALSE(file.device);
  CHECK(file.drive == 'C');
  CHECK(file.access == 1);
  CHECK(file.size == 0x12345);
  CHECK(file.position == 0x200);
  CHECK(file.owner == Guest::kShell);
}

TEST_CASE("DOS: drives say where they are and what they stand for", "[emu][dos]") {
  const auto dos = Guest().read();
  REQUIRE(dos);
  using Kind = emu::DosDrive::Kind;
  REQUIRE(dos->drives.size() == 4);
  CHECK(dos->drives[0].letter == 'A');
  CHECK(dos->drives[1].letter == 'C');
  CHECK(dos->drives[1].directory == "C:\\GAMES");
  CHECK(dos->drives[1].kind == Kind::physical);
  CHECK(dos->drives[2].kind == Kind::substituted);
  CHECK(dos->drives[3].kind == Kind::network);
}

TEST_CASE("DOS: without its list of lists the chain of blocks is still found", "[emu][dos]") {
  Guest guest;
  guest.bytes(Guest::kLists + 0x22 + 10, "NOTHING ");
  const auto dos = guest.read();
  REQUIRE(dos);
  CHECK_FALSE(dos->lists);
  CHECK(dos->blocks.size() == 3);
  CHECK(dos->files.empty());
}

TEST_CASE("DOS: memory without a chain that holds together has none", "[emu][dos]") {
  Guest guest;
  guest.block(0x0300, 'X', 0, 0, "");
  CHECK_FALSE(guest.read());
  const cpu::Memory empty(1U << 20);
  CHECK_FALSE(emu::read_dos(cpu::Registers(), empty));
}

TEST_CASE("DOS: tables that lead in circles or out of memory end", "[emu][dos]") {
  Guest guest;
  guest.far(0x1400, 0x0100, 0x0000);  // the second table names the first
  guest.far(Guest::kLists + 0x16, 0xFFFF, 0xFFF0);
  const auto dos = guest.read();
  REQUIRE(dos);
  CHECK(dos->drives.empty());
  CHECK(dos->files.size() <= 3 * 16);
}
