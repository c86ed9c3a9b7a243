// Commands of an ATA disk that move data, through its ports.
#include <numeric>

#include "storage/memory_device.h"
#include "tests/catch.hpp"
#include "tests/support/ata_host.h"
#include "tests/support/faulty_device.h"

using storage::IoStatus;
using support::AtaHost;
using support::Bytes;
using support::FaultyDevice;
using support::pattern;

namespace {

constexpr storage::Geometry kGeometry{20, 4, 17};
constexpr std::uint64_t kTotal = 20 * 4 * 17 + 30;  // a tail that CHS does not reach

struct Rig : AtaHost {
  explicit Rig(bool read_only = false) : disk(kTotal, read_only) {
    if (!read_only) {
      for (std::uint64_t lba = 0; lba < kTotal; ++lba) {
        REQUIRE(disk.write(lba, pattern(lba)) == IoStatus::ok);
      }
    }
    attach(0, disk, kGeometry);
  }

  Bytes on_disk(std::uint64_t lba, std::size_t sectors = 1) {
    Bytes bytes(sectors * 512);
    REQUIRE(disk.read(lba, bytes) == IoStatus::ok);
    return bytes;
  }
  std::uint32_t lba_registers() {
    return static_cast<std::uint32_t>(in(3) | in(4) << 8 | in(5) << 16 | (in(6) & 15) << 24);
  }

  FaultyDevice disk;
};

}  // namespace

TEST_CASE("ata: READ SECTORS interrupts once a block and not at the end", "[devices][ata]") {
  const unsigned opcode = GENERATE(0x20U, 0x21U);
  Rig rig;
  rig.address_lba(0, 100, 3);
  const int before = rig.irq.edges;
  rig.out(7, opcode);
  REQUIRE(rig.alternate() == 0x80);
  REQUIRE(rig.in(2) == 0x80);  // every register shows the status while busy
  REQUIRE(rig.irq.edges == before);
  for (unsigned block = 0; block < 3; ++block) {
    REQUIRE(rig.wait_not_busy() == 0x58);
    REQUIRE(rig.irq.level);
    REQUIRE(rig.irq.edges == before + 1 + static_cast<int>(block));
    REQUIRE(rig.in(7) == 0x58);
    REQUIRE_FALSE(rig.irq.level);
    REQUIRE(rig.read_block(512) == pattern(100 + block));
    if (block < 2) REQUIRE(rig.alternate() == 0x80);
  }
  REQUIRE(rig.alternate() == 0x50);
  rig.pass(1000);
  REQUIRE(rig.irq.edges == before + 3);
  REQUIRE(rig.in(2) == 0);
  REQUIRE(rig.lba_registers() == 102);
  REQUIRE(rig.data() == 0xFFFF);
  REQUIRE(rig.channel.drive(0).counters().sectors_read == 3);
}

TEST_CASE("ata: CHS and LBA reach the same sectors", "[devices][ata]") {
  Rig rig;
  rig.address_chs(0, 3, 2, 17, 2);
  REQUIRE(rig.command(0x20) == 0x58);
  const std::uint64_t lba = (3 * 4 + 2) * 17 + 16;
  REQUIRE(rig.read_block(512) == pattern(lba));
  REQUIRE(rig.wait_not_busy() == 0x58);
  REQUIRE(rig.read_block(512) == pattern(lba + 1));
  // The last sector, on the next head.
  REQUIRE(rig.in(3) == 1);
  REQUIRE(rig.in(4) == 3);
  REQUIRE(rig.in(5) == 0);
  REQUIRE(rig.in(6) == 0xA3);
}

TEST_CASE("ata: a count of 0 means 256 sectors", "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, 5, 0);
  REQUIRE(rig.command(0x20) == 0x58);
  for (unsigned i = 0; i < 256; ++i) {
    REQUIRE(rig.wait_not_busy() == 0x58);
    REQUIRE(rig.read_block(512) == pattern(5 + i));
  }
  REQUIRE(rig.alternate() == 0x50);
  REQUIRE(rig.in(2) == 0);
  REQUIRE(rig.lba_registers() == 260);
}

TEST_CASE("ata: WRITE SECTORS asks for the first block without an interrupt", "[devices][ata]") {
  const unsigned opcode = GENERATE(0x30U, 0x31U, 0x3CU);
  Rig rig;
  const int before = rig.irq.edges;
  rig.address_lba(0, 200, 2);
  REQUIRE(rig.command(opcode) == 0x58);
  REQUIRE(rig.irq.edges == before);
  rig.write_block(pattern(1));
  REQUIRE(rig.alternate() == 0x58);  // at once: the Bochs ROM looks but once, and fails at BSY
  REQUIRE(rig.irq.edges == before + 1);
  REQUIRE(rig.in(7) == 0x58);
  REQUIRE(rig.on_disk(200) == pattern(1));
  rig.write_block(pattern(2));
  REQUIRE(rig.wait_not_busy() == 0x50);
  REQUIRE(rig.irq.edges == before + 2);
  REQUIRE(rig.on_disk(201) == pattern(2));
  REQUIRE(rig.on_disk(202) == pattern(202));
  REQUIRE(rig.in(2) == 0);
  REQUIRE(rig.lba_registers() == 201);
  REQUIRE(rig.channel.drive(0).counters().sectors_written == 2);
}

TEST_CASE("ata: the data port takes bytes, words and double words alike", "[devices][ata]") {
  Rig rig;
  const auto port = static_cast<std::uint16_t>(0x1F0);
  rig.address_lba(0, 9, 2);
  REQUIRE(rig.command(0x20) == 0x58);
  Bytes got;
  for (int i = 0; i < 128; ++i) {
    const std::uint32_t value = rig.ports.in32(port);
    for (int byte = 0; byte < 4; ++byte)
      got.push_back(static_cast<std::uint8_t>(value >> 8 * byte));
  }
  REQUIRE(got == pattern(9));
  REQUIRE(rig.wait_not_busy() == 0x58);
  got.clear();
  for (int i = 0; i < 512; ++i) got.push_back(rig.ports.in8(port));
  REQUIRE(got == pattern(10));
  REQUIRE(rig.alternate() == 0x50);

  rig.address_lba(0, 30, 2);
  REQUIRE(rig.command(0x30) == 0x58);
  const Bytes data = pattern(77, 2);
  for (std::size_t i = 0; i < 512; i += 4) {
    std::uint32_t value = 0;
    for (std::size_t byte = 0; byte < 4; ++byte) value |= std::uint32_t{data[i + byte]} << 8 * byte;
    rig.ports.out32(port, value);
  }
  REQUIRE(rig.wait_not_busy() == 0x58);
  for (std::size_t i = 512; i < 1024; ++i) rig.ports.out8(port, data[i]);
  REQUIRE(rig.wait_not_busy() == 0x50);
  REQUIRE(rig.on_disk(30, 2) == data);
}

TEST_CASE("ata: a double word across the end of a block stops at the block", "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, 9, 1);
  REQUIRE(rig.command(0x20) == 0x58);
  for (int i = 0; i < 255; ++i) rig.data();
  const Bytes sector = pattern(9);
  const std::uint32_t last = 0xFFFF0000U | sector[510] | std::uint32_t{sector[511]} << 8;
  REQUIRE(rig.ports.in32(0x1F0) == last);
  REQUIRE(rig.alternate() == 0x50);
}

TEST_CASE("ata: words in one piece do what single words do, up to the last word of the block",
          "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, 40, 2);
  REQUIRE(rig.command(0x20) == 0x58);
  rig.data();
  Bytes two(1024, 0xEE);
  REQUIRE(rig.ports.in_words(0x1F0, two) == 254);
  REQUIRE(rig.alternate() == 0x58);
  REQUIRE(rig.ports.in_words(0x1F0, two) == 0);
  rig.ports.in16(0x1F0);
  REQUIRE(rig.alternate() == 0x80);
  REQUIRE(rig.ports.in_words(0x1F0, two) == 0);
  REQUIRE(rig.wait_not_busy() == 0x58);
  Bytes some(100);
  REQUIRE(rig.ports.in_words(0x1F0, some) == 50);
  REQUIRE(std::equal(some.begin(), some.end(), pattern(41).begin()));
  REQUIRE(rig.ports.in_words(0x1F0, two) == 205);
  rig.ports.in16(0x1F0);
  REQUIRE(rig.alternate() == 0x50);
  REQUIRE(rig.ports.in_words(0x1F0, two) == 0);
  REQUIRE(rig.ports.in_words(0x3F6, two) == 0);

  rig.address_lba(0, 50, 1);
  REQUIRE(rig.command(0x30) == 0x58);
  const Bytes data = pattern(3, 2);
  REQUIRE(rig.ports.out_words(0x1F0, data) == 255);
  rig.ports.out16(0x1F0, static_cast<std::uint16_t>(data[510] | data[511] << 8));
  REQUIRE(rig.wait_not_busy() == 0x50);
  REQUIRE(rig.on_disk(50) == pattern(3));
}

TEST_CASE("ata: READ MULTIPLE interrupts once a block of the set size, the last may be short",
          "[devices][ata]") {
  Rig rig;
  rig.out(2, 4);
  REQUIRE(rig.command(0xC6) == 0x50);
  rig.address_lba(0, 60, 10);
  const int before = rig.irq.edges;
  REQUIRE(rig.command(0xC4) == 0x58);
  std::uint64_t lba = 60;
  for (const std::size_t sectors : {4U, 4U, 2U}) {
    REQUIRE(rig.wait_not_busy() == 0x58);
    REQUIRE(rig.in(7) == 0x58);
    REQUIRE(rig.read_block(512 * sectors) == pattern(lba, sectors));
    lba += sectors;
  }
  REQUIRE(rig.alternate() == 0x50);
  rig.pass(100);
  REQUIRE(rig.irq.edges == before + 3);
  REQUIRE(rig.lba_registers() == 69);
}

TEST_CASE("ata: WRITE MULTIPLE takes blocks of the set size, the last may be short",
          "[devices][ata]") {
  Rig rig;
  rig.out(2, 8);
  REQUIRE(rig.command(0xC6) == 0x50);
  rig.in(7);
  const int before = rig.irq.edges;
  rig.address_lba(0, 300, 11);
  REQUIRE(rig.command(0xC5) == 0x58);
  rig.write_block(pattern(1000, 8));
  REQUIRE(rig.wait_not_busy() == 0x58);
  rig.in(7);
  rig.write_block(pattern(1008, 3));
  REQUIRE(rig.wait_not_busy() == 0x50);
  rig.in(7);
  REQUIRE(rig.irq.edges == before + 2);
  REQUIRE(rig.on_disk(300, 11) == pattern(1000, 11));
  REQUIRE(rig.on_disk(311) == pattern(311));
}

TEST_CASE("ata: SET MULTIPLE accepts powers of two up to 16", "[devices][ata]") {
  Rig rig;
  for (unsigned count = 0; count < 256; ++count) {
    const bool good =
        count == 0 || count == 1 || count == 2 || count == 4 || count == 8 || count == 16;
    rig.out(2, count);
    CAPTURE(count);
    REQUIRE(rig.command(0xC6) == (good ? 0x50 : 0x51));
    REQUIRE(rig.in(1) == (good ? 0 : 4));
    const auto words = rig.identify();
    REQUIRE(words[59] == (0x100 | (good ? count : 0)));
    rig.address_lba(0, 0, 1);
    const bool on = good && count != 0;
    REQUIRE(rig.command(0xC4) == (on ? 0x58 : 0x51));
  }
}

TEST_CASE("ata: READ LONG gives four more bytes, one a cycle, WRITE LONG takes them back",
          "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, 70, 1);
  REQUIRE(rig.command(GENERATE(0x22U, 0x23U)) == 0x58);
  Bytes block(1024);
  REQUIRE(rig.ports.in_words(0x1F0, block) == 255);
  rig.ports.in16(0x1F0);
  REQUIRE(rig.alternate() == 0x58);
  REQUIRE(rig.ports.in_words(0x1F0, block) == 0);
  Bytes code;
  for (int i = 0; i < 3; ++i) code.push_back(rig.ports.in8(0x1F0));
  REQUIRE(rig.alternate() == 0x58);
  const std::uint16_t last = rig.data();  // a word cycle carries one byte as well
  REQUIRE(last < 0x100);
  code.push_back(static_cast<std::uint8_t>(last));
  REQUIRE(rig.alternate() == 0x50);
  REQUIRE(code != Bytes(4));

  rig.address_lba(0, 71, 1);
  REQUIRE(rig.command(GENERATE(0x32U, 0x33U)) == 0x58);
  rig.write_block(pattern(70));
  REQUIRE(rig.alternate() == 0x58);
  for (const std::uint8_t byte : code) rig.ports.out8(0x1F0, byte);
  REQUIRE(rig.wait_not_busy() == 0x50);
  REQUIRE(rig.on_disk(71) == pattern(70));
  // Same data, same code.
  rig.address_lba(0, 71, 1);
  REQUIRE(rig.command(0x22) == 0x58);
  REQUIRE(rig.ports.in_words(0x1F0, block) == 255);
  rig.ports.in16(0x1F0);
  for (const std::uint8_t byte : code) REQUIRE(rig.ports.in8(0x1F0) == byte);
  REQUIRE(rig.alternate() == 0x50);
}

TEST_CASE("ata: READ VERIFY moves nothing and interrupts once", "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, 10, 200);
  const int before = rig.irq.edges;
  REQUIRE(rig.command(GENERATE(0x40U, 0x41U)) == 0x50);
  REQUIRE(rig.irq.edges == before + 1);
  REQUIRE(rig.in(2) == 0);
  REQUIRE(rig.lba_registers() == 209);
}

TEST_CASE("ata: WRITE BUFFER and READ BUFFER keep a sector in the drive", "[devices][ata]") {
  Rig rig;
  REQUIRE(rig.command(0xE8) == 0x58);
  rig.write_block(pattern(4711));
  REQUIRE(rig.wait_not_busy() == 0x50);
  REQUIRE(rig.irq.level);
  REQUIRE(rig.command(0xE4) == 0x58);
  REQUIRE(rig.read_block(512) == pattern(4711));
  REQUIRE(rig.alternate() == 0x50);
  REQUIRE(rig.on_disk(0) == pattern(0));
}

// Errors.

TEST_CASE("ata: addresses that do not exist are IDNF and name themselves", "[devices][ata]") {
  Rig rig;
  const unsigned opcode = GENERATE(0x20U, 0x30U, 0x40U, 0x70U, 0x22U, 0x32U, 0x3CU);
  CAPTURE(opcode);
  struct Wrong {
    unsigned cylinder, head, sector;
  };
  for (const Wrong& at :
       {Wrong{0, 0, 0}, Wrong{0, 0, 18}, Wrong{0, 4, 1}, Wrong{20, 0, 1}, Wrong{0xFFFF, 15, 255}}) {
    rig.address_chs(0, at.cylinder, at.head, at.sector, 2);
    const int before = rig.irq.edges;
    REQUIRE(rig.command(opcode) == 0x51);
    REQUIRE(rig.irq.edges == before + 1);
    REQUIRE(rig.in(1) == 0x10);
    REQUIRE(rig.in(2) == 2);
    REQUIRE(rig.in(3) == static_cast<int>(at.sector));
    REQUIRE(rig.in(7) == 0x51);
  }
  rig.address_lba(0, static_cast<std::uint32_t>(kTotal), 1);
  REQUIRE(rig.command(opcode) == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  rig.address_lba(0, 0x0FFFFFFF, 1);
  REQUIRE(rig.command(opcode) == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  REQUIRE(rig.lba_registers() == 0x0FFFFFFF);
}

TEST_CASE("ata: the sectors behind the last cylinder are reached by LBA only", "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, kTotal - 1, 1);
  REQUIRE(rig.command(0x20) == 0x58);
  REQUIRE(rig.read_block(512) == pattern(kTotal - 1));
  rig.address_chs(0, 19, 3, 17, 2);
  REQUIRE(rig.command(0x20) == 0x58);
  REQUIRE(rig.read_block(512) == pattern(kGeometry.sector_count() - 1));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  REQUIRE(rig.in(2) == 1);
  REQUIRE(rig.in(3) == 1);
  REQUIRE(rig.in(4) == 20);  // the cylinder that is not there
  REQUIRE(rig.in(6) == 0xA0);
}

TEST_CASE("ata: a transfer that runs over the end does what exists", "[devices][ata]") {
  Rig rig;
  rig.address_lba(0, kTotal - 1, 3);
  REQUIRE(rig.command(0x30) == 0x58);
  rig.write_block(pattern(1));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  REQUIRE(rig.in(2) == 2);
  REQUIRE(rig.lba_registers() == kTotal);
  REQUIRE(rig.on_disk(kTotal - 1) == pattern(1));

  rig.out(2, 4);
  rig.command(0xC6);
  rig.address_lba(0, kTotal - 2, 4);
  REQUIRE(rig.command(0xC5) == 0x58);
  rig.write_block(pattern(500, 4));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  REQUIRE(rig.in(2) == 2);
  REQUIRE(rig.lba_registers() == kTotal);
  REQUIRE(rig.on_disk(kTotal - 2, 2) == pattern(500, 2));
  rig.address_lba(0, kTotal - 3, 200);
  REQUIRE(rig.command(0x40) == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  REQUIRE(rig.lba_registers() == kTotal);
  REQUIRE(rig.in(2) == 197);
}

TEST_CASE("ata: an unreadable sector is UNC, named, and keeps its data to itself",
          "[devices][ata]") {
  Rig rig;
  rig.disk.bad_reads[102] = GENERATE(IoStatus::host_error, IoStatus::corrupt);
  rig.address_lba(0, 100, 5);
  REQUIRE(rig.command(0x20) == 0x58);
  rig.read_block(512);
  REQUIRE(rig.wait_not_busy() == 0x58);
  rig.in(7);
  const int before = rig.irq.edges;
  REQUIRE(rig.read_block(512) == pattern(101));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.irq.edges == before + 1);
  REQUIRE(rig.in(1) == 0x40);
  REQUIRE(rig.in(2) == 3);
  REQUIRE(rig.lba_registers() == 102);
  REQUIRE(rig.data() == 0xFFFF);
  REQUIRE(rig.channel.drive(0).counters().host_errors == 1);
  REQUIRE(rig.channel.drive(0).last_host_failure().lba == 102);

  rig.address_lba(0, 100, 5);
  REQUIRE(rig.command(0x40) == 0x51);
  REQUIRE(rig.in(1) == 0x40);
  REQUIRE(rig.lba_registers() == 102);
  REQUIRE(rig.in(2) == 3);

  rig.out(2, 4);
  rig.command(0xC6);
  rig.address_lba(0, 100, 8);
  REQUIRE(rig.command(0xC4) == 0x51);
  REQUIRE(rig.in(1) == 0x40);
  REQUIRE(rig.lba_registers() == 102);
  REQUIRE(rig.in(2) == 8);  // nothing of the block was given
}

TEST_CASE("ata: a failed write is ABRT and names the sector", "[devices][ata]") {
  Rig rig;
  rig.disk.bad_writes[301] = GENERATE(IoStatus::host_error, IoStatus::no_space, IoStatus::corrupt);
  rig.out(2, 4);
  rig.command(0xC6);
  rig.address_lba(0, 300, 4);
  REQUIRE(rig.command(0xC5) == 0x58);
  rig.write_block(pattern(900, 4));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.in(1) == 0x04);
  REQUIRE(rig.in(2) == 3);
  REQUIRE(rig.lba_registers() == 301);
  REQUIRE(rig.on_disk(300) == pattern(900));
  REQUIRE(rig.on_disk(302) == pattern(302));
  // The drive goes on.
  rig.disk.bad_writes.clear();
  rig.address_lba(0, 301, 1);
  REQUIRE(rig.command(0x30) == 0x58);
  rig.write_block(pattern(901));
  REQUIRE(rig.wait_not_busy() == 0x50);
}

TEST_CASE("ata: WRITE VERIFY reads back what it wrote", "[devices][ata]") {
  Rig rig;
  rig.disk.bad_reads[80] = IoStatus::host_error;
  rig.address_lba(0, 80, 1);
  REQUIRE(rig.command(0x3C) == 0x58);
  rig.write_block(pattern(1));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.in(1) == 0x40);
  REQUIRE(rig.lba_registers() == 80);
}

TEST_CASE("ata: a read-only image aborts writes before any data", "[devices][ata]") {
  Rig rig(true);
  rig.address_lba(0, 1, 1);
  REQUIRE(rig.command(GENERATE(0x30U, 0x32U, 0x3CU)) == 0x51);
  REQUIRE(rig.in(1) == 0x04);
  rig.data(0x1234);
  rig.address_lba(0, 1, 1);
  REQUIRE(rig.command(0x20) == 0x58);
}

TEST_CASE("ata: FLUSH CACHE reaches the image and reports its failure", "[devices][ata]") {
  Rig rig;
  REQUIRE(rig.command(0xE7) == 0x50);
  REQUIRE(rig.disk.flushes == 1);
  rig.disk.flush_status = IoStatus::host_error;
  REQUIRE(rig.command(0xE7) == 0x51);
  REQUIRE(rig.in(1) == 0x04);
}

TEST_CASE("ata: with the write cache off a write is flushed before it is reported",
          "[devices][ata]") {
  Rig rig;
  rig.out(1, 0x82);
  REQUIRE(rig.command(0xEF) == 0x50);
  const std::uint64_t before = rig.disk.flushes;
  REQUIRE(rig.identify()[85] == 0);
  rig.address_lba(0, 10, 2);
  rig.command(0x30);
  rig.write_block(pattern(0));
  rig.wait_not_busy();
  REQUIRE(rig.disk.flushes == before);
  rig.write_block(pattern(0));
  REQUIRE(rig.wait_not_busy() == 0x50);
  REQUIRE(rig.disk.flushes == before + 1);
  rig.disk.flush_status = IoStatus::host_error;
  rig.address_lba(0, 10, 1);
  rig.command(0x30);
  rig.write_block(pattern(0));
  REQUIRE(rig.wait_not_busy() == 0x51);
  REQUIRE(rig.in(1) == 0x04);
}
