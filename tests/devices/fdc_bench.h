// A board with nothing but the floppy controller: ports, time, a DMA channel that is a vector, and
// two drives. What tests share; the tests themselves speak to ports only.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "devices/fdc.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"

namespace fdc_bench {

using namespace devices;
using Bytes = std::vector<std::uint8_t>;
using Results = std::vector<int>;

// Channel 2 as a card sees it: an address, a count, terminal count at its end.
struct FakeChannel {
  DmaChannel::Moved write_memory(std::span<const std::uint8_t> bytes) {
    return move(bytes.size(),
                [&](std::size_t i, std::uint8_t& memory_byte) { memory_byte = bytes[i]; });
  }
  DmaChannel::Moved read_memory(std::span<std::uint8_t> bytes) {
    return move(bytes.size(),
                [&](std::size_t i, std::uint8_t& memory_byte) { bytes[i] = memory_byte; });
  }
  template <class Move>
  DmaChannel::Moved move(std::size_t size, Move each) {
    std::size_t done = 0;
    while (!masked && done < size && position < memory.size()) each(done++, memory[position++]);
    const bool end = done != 0 && position == memory.size();
    if (end) masked = true;
    return {done, end};
  }
  void program(std::size_t bytes, std::uint8_t fill = 0xCC) { program(Bytes(bytes, fill)); }
  void program(Bytes bytes) {
    memory = std::move(bytes);
    position = 0;
    masked = false;
  }

  Bytes memory;
  std::size_t position = 0;
  bool masked = true;
};

// What sector `lba` of a test image holds.
inline Bytes sector_pattern(std::uint32_t lba) {
  Bytes sector(512);
  for (std::size_t i = 0; i < sector.size(); ++i) {
    sector[i] = static_cast<std::uint8_t>(lba * 7 + i / 3 + (i % 2 != 0 ? lba >> 8 : 0));
  }
  std::memcpy(sector.data(), &lba, sizeof lba);
  return sector;
}

inline const FloppyFormat& format_named(std::string_view name) {
  for (const FloppyFormat& format : floppy_formats()) {
    if (format.name == name) return format;
  }
  throw std::logic_error("no such format");
}

inline std::shared_ptr<storage::MemoryDevice> make_image(const FloppyFormat& format,
                                                         bool read_only = false) {
  auto content = std::make_shared<Bytes>();
  for (std::uint32_t lba = 0; lba < format.sector_count(); ++lba) {
    const Bytes sector = sector_pattern(lba);
    content->insert(content->end(), sector.begin(), sector.end());
  }
  // The image only looks at the bytes; whoever frees it frees them.
  return {new storage::MemoryDevice(*content, format.sector_count(), {}, read_only),
          [content](const storage::MemoryDevice* image) { delete image; }};
}

struct Bench {
  Bench() {
    fdc.claim_ports(ports);
    fdc.dma.connect(channel);
    fdc.irq.connect<&Bench::on_irq>(*this);
    fdc.set_drive_type(0, FloppyDriveType::hd_3_5);
    fdc.set_drive_type(1, FloppyDriveType::hd_3_5);
  }
  void on_irq(bool level) { irqs += level ? 1 : 0; }

  void insert(unsigned drive, std::string_view format, bool read_only = false) {
    const FloppyFormat& media = format_named(format);
    images[drive] = make_image(media, read_only);
    fdc.set_drive_type(drive, media.drive);
    fdc.insert(drive, images[drive], media);
  }
  Bytes sector(unsigned drive, std::uint32_t lba) {
    Bytes bytes(512);
    REQUIRE(images[drive]->read(lba, bytes) == storage::IoStatus::ok);
    return bytes;
  }

  void wait(Nanoseconds time) { scheduler.advance_to(scheduler.now() + time); }
  int status() { return ports.in8(0x3F4); }
  void out(std::uint16_t port, int value) { ports.out8(port, static_cast<std::uint8_t>(value)); }
  int in(std::uint16_t port) { return ports.in8(port); }

  // Out of reset with both motors running, drive 0 selected, the four statuses fetched.
  void start() {
    out(0x3F2, 0x3C);
    wait(kMillisecond);
    for (int drive = 0; drive < 4; ++drive) {
      REQUIRE(command({0x08}) == Results{0xC0 | drive, 0});
    }
    irqs = 0;
  }

  void send(const std::vector<int>& bytes) {
    for (int byte : bytes) {
      REQUIRE((status() & 0xC0) == 0x80);
      out(0x3F5, byte);
    }
  }
  // All result bytes, once they come; none when the command has no result phase within `patience`.
  Results results(Nanoseconds patience = 5 * kSecond) {
    const Nanoseconds end = scheduler.now() + patience;
    while ((status() & 0xC0) != 0xC0 && (status() & 0x10) != 0) {
      if (scheduler.next_deadline() > end) return {};
      scheduler.advance_to(scheduler.next_deadline());
    }
    Results bytes;
    while ((status() & 0xD0) == 0xD0 && bytes.size() < 20) bytes.push_back(in(0x3F5));
    return bytes;
  }
  Results command(const std::vector<int>& bytes) {
    send(bytes);
    return results();
  }
  // SEEK or RECALIBRATE, then SENSE INTERRUPT.
  Results seek(const std::vector<int>& bytes) {
    send(bytes);
    while (irqs == 0 && scheduler.next_deadline() != kNever) {
      scheduler.advance_to(scheduler.next_deadline());
    }
    irqs = 0;
    return command({0x08});
  }

  Scheduler scheduler;
  IoPorts ports;
  FloppyController fdc{scheduler};
  FakeChannel channel;
  std::array<std::shared_ptr<storage::MemoryDevice>, 2> images;
  int irqs = 0;
};

}  // namespace fdc_bench
