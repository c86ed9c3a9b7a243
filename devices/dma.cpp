#include "devices/dma.h"

#include <algorithm>

namespace devices {

namespace {
// [8237A] "Register Description"
constexpr std::uint8_t kCommandDisable = 0x04;
constexpr std::uint8_t kModeAutoInitialize = 0x10;
constexpr std::uint8_t kModeDecrement = 0x20;
constexpr unsigned kTypeBlock = 2;  // mode bits 7-6
constexpr unsigned kTypeCascade = 3;
constexpr unsigned kCascadeChannel = 4;

enum Register : std::uint8_t {
  kStatusCommand = 8,
  kRequest = 9,
  kSingleMask = 10,
  kMode = 11,
  kClearFlipFlop = 12,
  kMasterClear = 13,
  kClearMask = 14,
  kAllMasks = 15
};

std::uint16_t with_byte(std::uint16_t word, bool high, std::uint8_t byte) {
  return static_cast<std::uint16_t>(high ? (word & 0x00FF) | byte << 8 : (word & 0xFF00) | byte);
}
}  // namespace

DmaChannel::DmaChannel(Dma& board, unsigned number)
    : board_(board), number_(static_cast<std::uint8_t>(number)) {}

bool DmaChannel::ready() const {
  if (masked_ || mode_ >> 6 == kTypeCascade || !board_.enabled(number_ / 4u)) return false;
  if (number_ >= 4) return true;
  const DmaChannel& cascade = board_.channels_[kCascadeChannel];
  return !cascade.masked_ && cascade.mode_ >> 6 == kTypeCascade && board_.enabled(1);
}

std::uint32_t DmaChannel::physical() const {
  if (number_ < 4) return static_cast<std::uint32_t>(page_) << 16 | address_;
  return (page_ & 0xFEu) << 16 | static_cast<std::uint32_t>(address_) << 1;
}

// [8237A] "Current Word Register": terminal count when it passes from 0 to FFFFh.
bool DmaChannel::count_units(std::uint32_t units) {
  const bool decrement = (mode_ & kModeDecrement) != 0;
  address_ = static_cast<std::uint16_t>(decrement ? address_ - units : address_ + units);
  const bool ended = units > count_;
  count_ = static_cast<std::uint16_t>(count_ - units);
  if (!ended) return false;
  terminal_count_ = true;
  software_request_ = false;
  if ((mode_ & kModeAutoInitialize) != 0) {
    address_ = base_address_;
    count_ = base_count_;
  } else {
    masked_ = true;
  }
  return true;
}

// In pieces that end where the address wraps; downwards unit by unit.
template <class Move>
DmaChannel::Moved DmaChannel::transfer(std::size_t bytes, Move move) {
  Moved moved{0, false};
  if (!ready()) return moved;
  const std::uint32_t unit = unit_bytes();
  std::size_t wanted = std::min<std::size_t>(bytes / unit, std::size_t{count_} + 1);
  while (wanted > 0 && !moved.terminal_count) {
    const std::size_t run =
        (mode_ & kModeDecrement) != 0 ? 1 : std::min<std::size_t>(wanted, 0x10000u - address_);
    move(physical(), moved.bytes, run * unit);
    moved.terminal_count = count_units(static_cast<std::uint32_t>(run));
    moved.bytes += run * unit;
    wanted -= run;
  }
  return moved;
}

DmaChannel::Moved DmaChannel::write_memory(std::span<const std::uint8_t> bytes) {
  return transfer(bytes.size(), [&](std::uint32_t address, std::size_t from, std::size_t length) {
    if (kind() == Kind::write) {
      board_.memory_.write_physical(address, bytes.subspan(from, length));
    }
  });
}

DmaChannel::Moved DmaChannel::read_memory(std::span<std::uint8_t> bytes) {
  return transfer(bytes.size(), [&](std::uint32_t address, std::size_t from, std::size_t length) {
    const std::span<std::uint8_t> piece = bytes.subspan(from, length);
    if (kind() == Kind::read) {
      board_.memory_.read_physical(address, piece);
    } else {
      std::ranges::fill(piece, std::uint8_t{0xFF});
    }
  });
}

// [8237A] "Request Register": not maskable, served in block mode only, ended by terminal count.
void DmaChannel::run_software_request() {
  if (!software_request_ || mode_ >> 6 != kTypeBlock || !board_.enabled(number_ / 4u)) return;
  count_units(std::uint32_t{count_} + 1);
}

void DmaChannel::serialize(Archive& archive) {
  archive(base_address_);
  archive(base_count_);
  archive(address_);
  archive(count_);
  archive(page_);
  archive(mode_);
  archive(masked_);
  archive(request_);
  archive(software_request_);
  archive(terminal_count_);
}

Dma::Dma(cpu::Memory& memory)
    : memory_(memory), channels_{DmaChannel(*this, 0), DmaChannel(*this, 1), DmaChannel(*this, 2),
                                 DmaChannel(*this, 3), DmaChannel(*this, 4), DmaChannel(*this, 5),
                                 DmaChannel(*this, 6), DmaChannel(*this, 7)} {}

void Dma::reset() {
  master_clear(0);
  master_clear(1);
}

void Dma::claim_ports(IoPorts& ports) {
  ports.claim(*this, "8237 #1", 0x00, 0x0F);
  ports.claim(*this, "8237 #2", 0xC0, 0xDF);
  ports.claim(*this, "dma pages 2, 3, 1", 0x81, 0x83);
  ports.claim(*this, "dma page 0", 0x87, 0x87);
  ports.claim(*this, "dma pages 6, 7, 5", 0x89, 0x8B);
  ports.claim(*this, "refresh page", 0x8F, 0x8F);
}

bool Dma::enabled(unsigned controller) const {
  return (controllers_[controller].command & kCommandDisable) == 0;
}

std::uint8_t& Dma::page(std::uint16_t port) {
  switch (port & 0x0F) {
    case 0x1:
      return channels_[2].page_;
    case 0x2:
      return channels_[3].page_;
    case 0x3:
      return channels_[1].page_;
    case 0x7:
      return channels_[0].page_;
    case 0x9:
      return channels_[6].page_;
    case 0xA:
      return channels_[7].page_;
    case 0xB:
      return channels_[5].page_;
    default:
      return refresh_page_;
  }
}

std::uint8_t Dma::in8(std::uint16_t port) {
  if (port < 0x10) return read_controller(0, port);
  if (port >= 0xC0) return read_controller(1, port >> 1 & 0x0F);
  return page(port);
}

void Dma::out8(std::uint16_t port, std::uint8_t value) {
  if (port < 0x10) {
    write_controller(0, port, value);
  } else if (port >= 0xC0) {
    write_controller(1, port >> 1 & 0x0F, value);
  } else {
    page(port) = value;
  }
}

std::uint8_t Dma::read_controller(unsigned index, unsigned reg) {
  Controller& controller = controllers_[index];
  if (reg < 8) {
    const DmaChannel& channel = channels_[index * 4 + reg / 2];
    const std::uint16_t word = (reg & 1) == 0 ? channel.address_ : channel.count_;
    const bool high = controller.high_byte;
    controller.high_byte = !high;
    return static_cast<std::uint8_t>(high ? word >> 8 : word);
  }
  switch (reg) {
    case kStatusCommand:
      return status(index);
    case kMasterClear:
      return 0;  // the temporary register of memory to memory transfers
    case kAllMasks: {
      unsigned masks = 0xF0;
      for (unsigned i = 0; i < 4; ++i) masks |= channels_[index * 4 + i].masked_ ? 1u << i : 0;
      return static_cast<std::uint8_t>(masks);
    }
    default:
      return 0xFF;
  }
}

std::uint8_t Dma::status(unsigned index) {
  unsigned value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    DmaChannel& channel = channels_[index * 4 + i];
    if (channel.terminal_count_) value |= 1u << i;
    if (channel.request_ || channel.software_request_) value |= 0x10u << i;
    channel.terminal_count_ = false;
  }
  return static_cast<std::uint8_t>(value);
}

void Dma::write_controller(unsigned index, unsigned reg, std::uint8_t value) {
  if (reg < 8) return write_channel_register(index, reg, value);
  Controller& controller = controllers_[index];
  DmaChannel& selected = channels_[index * 4 + (value & 3u)];
  switch (reg) {
    case kStatusCommand:
      controller.command = value;
      for (unsigned i = 0; i < 4; ++i) channels_[index * 4 + i].run_software_request();
      break;
    case kRequest:
      selected.software_request_ = (value & 4) != 0;
      selected.run_software_request();
      break;
    case kSingleMask:
      selected.masked_ = (value & 4) != 0;
      break;
    case kMode:
      selected.mode_ = value & 0xFC;
      break;
    case kClearFlipFlop:
      controller.high_byte = false;
      break;
    case kMasterClear:
      master_clear(index);
      break;
    case kClearMask:
      for (unsigned i = 0; i < 4; ++i) channels_[index * 4 + i].masked_ = false;
      break;
    default:  // kAllMasks
      for (unsigned i = 0; i < 4; ++i) {
        channels_[index * 4 + i].masked_ = (value >> i & 1) != 0;
      }
      break;
  }
}

void Dma::write_channel_register(unsigned index, unsigned reg, std::uint8_t value) {
  Controller& controller = controllers_[index];
  DmaChannel& channel = channels_[index * 4 + reg / 2];
  std::uint16_t& base = (reg & 1) == 0 ? channel.base_address_ : channel.base_count_;
  std::uint16_t& current = (reg & 1) == 0 ? channel.address_ : channel.count_;
  base = with_byte(base, controller.high_byte, value);
  current = with_byte(current, controller.high_byte, value);
  controller.high_byte = !controller.high_byte;
}

void Dma::master_clear(unsigned index) {
  controllers_[index] = Controller();
  for (unsigned i = 0; i < 4; ++i) {
    DmaChannel& channel = channels_[index * 4 + i];
    channel.masked_ = true;
    channel.software_request_ = channel.terminal_count_ = false;
  }
}

void Dma::serialize(Archive& archive) {
  archive.tag("8237", 1);
  for (DmaChannel& channel : channels_) channel.serialize(archive);
  for (Controller& controller : controllers_) {
    archive(controller.command);
    archive(controller.high_byte);
  }
  archive(refresh_page_);
}

}  // namespace devices
