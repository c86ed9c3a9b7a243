// The host's side of an ATA cable for tests: ports, virtual time, interrupts counted as a PIC sees
// them.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "devices/ata_channel.h"
#include "devices/io_ports.h"
#include "devices/scheduler.h"

namespace support {

// Rising edges of an interrupt line.
struct EdgeCounter {
  int edges = 0;
  bool level = false;
  void set(bool now) {
    if (now && !level) ++edges;
    level = now;
  }
};

using Bytes = std::vector<std::uint8_t>;

class AtaHost {
 public:
  explicit AtaHost(devices::AtaPorts where = devices::kPrimaryAta)
      : channel(scheduler, "ata0", where), base_(where.command), control_(where.control) {
    channel.irq.connect<&EdgeCounter::set>(irq);
    channel.claim_ports(ports);
  }

  void attach(unsigned device, storage::BlockDevice& image, storage::Geometry geometry) {
    channel.attach(device, {image, geometry, "TEST0001", "Test disk"});
    pass(1000);
  }

  // Ports by offset in the command block.
  int in(unsigned offset) { return ports.in8(at(offset)); }
  void out(unsigned offset, unsigned value) {
    ports.out8(at(offset), static_cast<std::uint8_t>(value));
  }
  int alternate() { return ports.in8(control_); }
  void control(unsigned value) { ports.out8(control_, static_cast<std::uint8_t>(value)); }
  std::uint16_t data() { return ports.in16(base_); }
  void data(std::uint16_t value) { ports.out16(base_, value); }

  void pass(std::uint64_t microseconds) {
    scheduler.advance_to(scheduler.now() + microseconds * devices::kMicrosecond);
  }

  void address_lba(unsigned device, std::uint32_t lba, unsigned count) {
    out(6, 0xE0 | device << 4 | (lba >> 24 & 0x0F));
    out(2, count);
    out(3, lba);
    out(4, lba >> 8);
    out(5, lba >> 16);
  }
  void address_chs(unsigned device, unsigned cylinder, unsigned head, unsigned sector,
                   unsigned count) {
    out(6, 0xA0 | device << 4 | head);
    out(2, count);
    out(3, sector);
    out(4, cylinder);
    out(5, cylinder >> 8);
  }

  // Polls as drivers do; virtual time passes with each look. Returns the alternate status.
  int wait_not_busy() {
    for (int look = 0; look < 100000; ++look) {
      const int status = alternate();
      if ((status & 0x80) == 0) return status;
      scheduler.advance_to(scheduler.now() + 100);
    }
    throw std::runtime_error("BSY for ever");
  }
  // Gives a command and waits for its first answer.
  int command(unsigned opcode) {
    out(7, opcode);
    return wait_not_busy();
  }

  Bytes read_block(std::size_t bytes) {
    Bytes block(bytes);
    for (std::size_t i = 0; i + 1 < bytes; i += 2) {
      const std::uint16_t word = data();
      block[i] = static_cast<std::uint8_t>(word);
      block[i + 1] = static_cast<std::uint8_t>(word >> 8);
    }
    return block;
  }
  void write_block(const Bytes& block) {
    for (std::size_t i = 0; i + 1 < block.size(); i += 2) {
      data(static_cast<std::uint16_t>(block[i] | block[i + 1] << 8));
    }
  }
  std::vector<std::uint16_t> identify(unsigned device = 0) {
    out(6, 0xA0 | device << 4);
    std::vector<std::uint16_t> words;
    if (command(0xEC) != 0x58) return words;
    for (int i = 0; i < 256; ++i) words.push_back(data());
    in(7);
    return words;
  }

  devices::Scheduler scheduler;
  devices::IoPorts ports;
  EdgeCounter irq;
  devices::AtaChannel channel;

 private:
  std::uint16_t at(unsigned offset) const { return static_cast<std::uint16_t>(base_ + offset); }

  std::uint16_t base_;
  std::uint16_t control_;
};

// Sector `lba` of a test disk: every sector differs from every other.
inline Bytes pattern(std::uint64_t lba, std::size_t sectors = 1) {
  Bytes bytes(sectors * storage::kSectorSize);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t sector = lba + i / storage::kSectorSize;
    bytes[i] = static_cast<std::uint8_t>(sector * 7 + (sector >> 8) + i * 3 + 1);
  }
  return bytes;
}

}  // namespace support
