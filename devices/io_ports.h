// Port decode of an ISA board. A card claims a range with the widest access it takes in one cycle;
// wider accesses are split as the bus does it: a word to an 8-bit card becomes port, then port + 1,
// each decoded afresh. Nothing claimed: reads are all ones, writes vanish.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace devices {

enum class PortWidth : std::uint8_t { byte, word, dword };

class PortDevice {
 public:
  virtual ~PortDevice() = default;
  virtual std::uint8_t in8(std::uint16_t port) = 0;
  virtual void out8(std::uint16_t port, std::uint8_t value) = 0;

  // Called only for ranges claimed with PortWidth::word or dword.
  virtual std::uint16_t in16(std::uint16_t port);
  virtual void out16(std::uint16_t port, std::uint16_t value);
  // Called only for ranges claimed with PortWidth::dword.
  virtual std::uint32_t in32(std::uint16_t port);
  virtual void out32(std::uint16_t port, std::uint32_t value);

  // REP INSW/OUTSW in one piece: moves as many whole words as the card can take without a visible
  // side effect in between and returns that number; 0 = do it word by word. Same effect as single
  // cycles.
  virtual std::size_t in_words(std::uint16_t port, std::span<std::uint8_t> bytes);
  virtual std::size_t out_words(std::uint16_t port, std::span<const std::uint8_t> bytes);
};

class IoPorts {
 public:
  IoPorts();

  // Ports first..last inclusive. A port claimed twice is our own mistake: throws std::logic_error
  // naming both cards.
  void claim(PortDevice& device, std::string name, std::uint16_t first, std::uint16_t last,
             PortWidth width = PortWidth::byte);
  void release(std::uint16_t first, std::uint16_t last);
  bool claimed(std::uint16_t port) const { return owner_[port] != 0; }

  std::uint8_t in8(std::uint16_t port) {
    PortDevice* device = claims_[owner_[port]].device;
    return device != nullptr ? device->in8(port) : 0xFF;
  }
  void out8(std::uint16_t port, std::uint8_t value) {
    if (PortDevice* device = claims_[owner_[port]].device) device->out8(port, value);
  }
  std::uint16_t in16(std::uint16_t port);
  void out16(std::uint16_t port, std::uint16_t value);
  std::uint32_t in32(std::uint16_t port);
  void out32(std::uint16_t port, std::uint32_t value);
  std::size_t in_words(std::uint16_t port, std::span<std::uint8_t> bytes);
  std::size_t out_words(std::uint16_t port, std::span<const std::uint8_t> bytes);

 private:
  struct Claim {
    PortDevice* device = nullptr;
    std::string name;
    PortWidth width = PortWidth::byte;
  };
  static constexpr std::size_t kPortCount = 0x10000;

  std::vector<Claim> claims_;        // [0] = nobody
  std::vector<std::uint8_t> owner_;  // port -> index into claims_
};

}  // namespace devices
