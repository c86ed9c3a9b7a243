// Direct memory access of an AT: two 8237A controllers in cascade and their page registers. A card
// reaches memory through its DmaChannel, a byte or a whole sector at a time.
//
// [8237A]  Intel 231466, 8237A High Performance Programmable DMA Controller
// [AT-TR]  IBM AT Technical Reference, section 1: DMA channels 5-7 move words, address bits 1-16
//
// Transfers take no virtual time of their own: the card paces them. Every access sees the whole of
// memory, whatever the A20 gate does. Not implemented: memory to memory (the command bit is
// refused), compressed timing, priorities (nothing here happens at the same time), DREQ and DACK
// polarity (stored only). A software request finds no card that drives the bus: it counts, and
// moves nothing. Open: whether odd ports C1h-DFh repeat the even ones on every board; they do here,
// A0 is not decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/memory.h"
#include "devices/archive.h"
#include "devices/io_ports.h"

namespace devices {

class Dma;

class DmaChannel {
 public:
  struct Moved {
    std::size_t bytes;
    bool terminal_count;
  };

  DmaChannel(Dma& board, unsigned number);

  // DREQ; visible in the status register. Transfers do not depend on it.
  void request(bool level) { request_ = level; }
  // The controller would answer with DACK: enabled, unmasked, and for 0-3 the cascade is open.
  bool ready() const;

  // A card's side. Both stop at terminal count, move whole words on channels 5-7 and move nothing
  // unless ready. A channel programmed for the other direction or for verify counts without
  // touching memory; the card then reads FFh.
  Moved write_memory(std::span<const std::uint8_t> bytes);
  Moved read_memory(std::span<std::uint8_t> bytes);

  std::uint16_t address() const { return address_; }  // current, in bytes or words
  std::uint16_t count() const { return count_; }
  std::uint8_t page() const { return page_; }
  std::uint8_t mode() const { return mode_; }
  bool masked() const { return masked_; }

 private:
  friend class Dma;
  enum class Kind : std::uint8_t { verify, write, read, illegal };

  Kind kind() const { return static_cast<Kind>(mode_ >> 2 & 3); }
  std::uint32_t unit_bytes() const { return number_ < 4 ? 1 : 2; }
  std::uint32_t physical() const;
  template <class Move>
  Moved transfer(std::size_t bytes, Move move);
  bool count_units(std::uint32_t units);  // true: terminal count
  void run_software_request();
  void serialize(Archive& archive);

  Dma& board_;
  const std::uint8_t number_;
  std::uint16_t base_address_ = 0;
  std::uint16_t base_count_ = 0;
  std::uint16_t address_ = 0;
  std::uint16_t count_ = 0;
  std::uint8_t page_ = 0;
  std::uint8_t mode_ = 0;
  bool masked_ = true;
  bool request_ = false;
  bool software_request_ = false;
  bool terminal_count_ = false;  // until the status is read
};

class Dma final : public PortDevice {
 public:
  explicit Dma(cpu::Memory& memory);

  // The RESET pin: a master clear of both controllers.
  void reset();
  void claim_ports(IoPorts& ports);  // 00-0F, C0-DF, pages 81-83, 87, 89-8B, 8F

  DmaChannel& channel(unsigned number) { return channels_[number & 7]; }
  const DmaChannel& channel(unsigned number) const { return channels_[number & 7]; }

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  friend class DmaChannel;
  struct Controller {
    std::uint8_t command = 0;
    bool high_byte = false;  // the flip-flop
  };

  bool enabled(unsigned controller) const;
  std::uint8_t& page(std::uint16_t port);
  std::uint8_t read_controller(unsigned index, unsigned reg);
  void write_controller(unsigned index, unsigned reg, std::uint8_t value);
  std::uint8_t status(unsigned index);
  void write_channel_register(unsigned index, unsigned reg, std::uint8_t value);
  void master_clear(unsigned index);

  cpu::Memory& memory_;
  std::array<DmaChannel, 8> channels_;
  std::array<Controller, 2> controllers_;
  std::uint8_t refresh_page_ = 0;
};

}  // namespace devices
