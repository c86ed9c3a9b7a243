#include "cpu/memory.h"

#include <array>

#include "tests/catch.hpp"

using cpu::Memory;

namespace {

struct Device final : cpu::MmioDevice {
  std::uint32_t last_read = 0, last_write = 0;
  std::uint8_t value = 0x5A;
  std::uint8_t read8(std::uint32_t address) override {
    last_read = address;
    return value;
  }
  void write8(std::uint32_t address, std::uint8_t v) override {
    last_write = address;
    value = v;
  }
};

std::uint8_t read(Memory& memory, std::uint32_t address) {
  std::uint8_t value = 0;
  memory.read_physical(address, {&value, 1});
  return value;
}
void write(Memory& memory, std::uint32_t address, std::uint8_t value) {
  memory.write_physical(address, {&value, 1});
}

}  // namespace

TEST_CASE("memory: RAM is there except behind the hole from A0000h to FFFFFh", "[cpu][memory]") {
  Memory memory(2u << 20);
  for (const std::uint32_t address : {0u, 0x9FFFFu, 0x100000u, 0x1FFFFFu}) {
    write(memory, address, 0x12);
    CHECK(read(memory, address) == 0x12);
  }
  for (const std::uint32_t address : {0xA0000u, 0xFFFFFu, 0x200000u, 0xFFFFFFFFu}) {
    write(memory, address, 0x12);
    CHECK(read(memory, address) == 0xFF);
  }
}

TEST_CASE("memory: ROM refuses writes, shadow takes them, devices get theirs", "[cpu][memory]") {
  Memory memory(1u << 20);
  const std::vector<std::uint8_t> image(8192, 0x77);
  memory.map_rom(0xF0000, image);
  write(memory, 0xF1000, 1);
  CHECK(read(memory, 0xF1000) == 0x77);

  memory.map_shadow(0xF0000, image);
  write(memory, 0xF1FFF, 1);
  CHECK(read(memory, 0xF1FFF) == 1);

  Device device;
  memory.map_mmio(0xB8000, 0x8000, device);
  write(memory, 0xB8123, 9);
  CHECK(device.last_write == 0xB8123);
  CHECK(read(memory, 0xBFFFF) == 9);
  CHECK(device.last_read == 0xBFFFF);

  device.last_read = 0;
  std::uint8_t value = 0;
  memory.peek(0xB8000, {&value, 1});
  CHECK(value == 0xFF);
  CHECK(device.last_read == 0);

  memory.unmap(0xB8000, 0x8000);
  CHECK(read(memory, 0xB8000) == 0xFF);
}

TEST_CASE("memory: a block may cross pages of different kinds and the 4 GiB end", "[cpu][memory]") {
  Memory memory(1u << 20);
  const std::vector<std::uint8_t> image(4096, 0x77);
  memory.map_rom(0xA0000, image);
  std::array<std::uint8_t, 4> bytes = {1, 2, 3, 4};
  memory.write_physical(0x9FFFE, bytes);
  memory.read_physical(0x9FFFE, bytes);
  CHECK(bytes == std::array<std::uint8_t, 4>{1, 2, 0x77, 0x77});
  memory.write_physical(0xFFFFFFFE, std::array<std::uint8_t, 4>{5, 6, 7, 8});
  memory.read_physical(0xFFFFFFFE, bytes);
  CHECK(bytes == std::array<std::uint8_t, 4>{0xFF, 0xFF, 7, 8});
}
