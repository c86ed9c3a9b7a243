// An ATA channel: the ports of one cable with two drives, the device control register, and the
// interrupt request that both share. Register writes go to both drives, the selected one answers;
// device 0 also answers for a device 1 that is not there.
//
// [ATA-4]  T13/1153D rev 18, 6.1 (DEV), 7.8 (device control), 9.16 (single drive)
// Not implemented: port 3F7h/377h, whose seven low bits belong here: the floppy controller's card
// reads them from drive_address().
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "devices/ata_drive.h"
#include "devices/io_ports.h"
#include "devices/line.h"

namespace devices {

struct AtaPorts {
  std::uint16_t command;  // of eight
  std::uint16_t control;
};
inline constexpr AtaPorts kPrimaryAta{0x1F0, 0x3F6};
inline constexpr AtaPorts kSecondaryAta{0x170, 0x376};

class AtaChannel final : public PortDevice {
 public:
  // `name` is unique on the board: "ata0".
  AtaChannel(Scheduler& scheduler, std::string_view name, AtaPorts ports);

  Line irq;

  void attach(unsigned device, const AtaDriveConfig& config);
  void claim_ports(IoPorts& ports);
  void reset();  // the RESET line

  // Bits 6-0 of port 3F7h, all active low: drive 0 and 1 selected, head, write gate.
  std::uint8_t drive_address() const;
  const AtaDrive& drive(unsigned device) const { return drives_[device & 1]; }
  unsigned selected_device() const { return selected_; }
  bool busy() const { return drives_[0].busy() || drives_[1].busy(); }

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  std::uint16_t in16(std::uint16_t port) override;
  void out16(std::uint16_t port, std::uint16_t value) override;
  std::uint32_t in32(std::uint16_t port) override;
  void out32(std::uint16_t port, std::uint32_t value) override;
  std::size_t in_words(std::uint16_t port, std::span<std::uint8_t> bytes) override;
  std::size_t out_words(std::uint16_t port, std::span<const std::uint8_t> bytes) override;

  void serialize(Archive& archive);

 private:
  bool empty() const { return !drives_[0].present() && !drives_[1].present(); }
  bool floating() const;
  AtaDrive& selected() { return drives_[selected_]; }
  const AtaDrive& selected() const { return drives_[selected_]; }
  std::uint8_t read_status();
  void write_command(std::uint8_t opcode);
  void write_control(std::uint8_t value);
  void select(unsigned device);
  void update_irq();
  void on_intrq(bool) { update_irq(); }

  std::string name_;
  AtaPorts ports_;
  std::array<AtaDrive, 2> drives_;
  unsigned selected_ = 0;
  std::uint8_t control_ = 0;
};

}  // namespace devices
