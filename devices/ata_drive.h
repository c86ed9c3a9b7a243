// One ATA hard disk: registers, commands, PIO data blocks, over a block device. The channel hands
// it what the cable carries; an empty slot is a drive without an image, so that the other drive can
// answer for it.
//
// [ATA-1]  X3.221-1994, AT Attachment Interface: LONG commands, CHS addressing
// [ATA-4]  T13/1153D rev 18: everything else; 9.5-9.9 are the protocols as drawn here
// Not implemented: DMA, LBA48, PACKET, 8-bit transfer mode (feature 01h), security, and the ECC
// bytes that WRITE LONG brings (a sector cannot be made bad on purpose).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "devices/archive.h"
#include "devices/ata_identify.h"
#include "devices/ata_log.h"
#include "devices/ata_registers.h"
#include "devices/line.h"
#include "devices/scheduler.h"
#include "storage/block_device.h"
#include "storage/geometry.h"

namespace devices {

struct AtaDriveConfig {
  storage::BlockDevice& image;  // the machine's; outlives the drive
  storage::Geometry geometry;   // at most 16 heads and 63 sectors, inside the image
  std::string serial;
  std::string model;
};

struct AtaCounters {
  std::uint64_t sectors_read = 0;
  std::uint64_t sectors_written = 0;
  std::uint64_t host_errors = 0;
};

// The last time the host failed a request of the guest, for the log.
struct AtaHostFailure {
  storage::IoStatus status = storage::IoStatus::ok;
  std::uint64_t lba = 0;
};

class AtaDrive {
 public:
  AtaDrive(Scheduler& scheduler, std::string name);

  // Before the machine starts.
  void attach(const AtaDriveConfig& config);
  bool present() const { return image_ != nullptr; }

  // The cable. Registers are numbered by their offset in the command block; 1 to 6 may be written
  // on either drive whichever is selected.
  std::uint8_t read_register(std::uint16_t offset) const;
  void write_register(std::uint16_t offset, std::uint8_t value);
  std::uint8_t status() const { return present() ? status_ : std::uint8_t{0}; }
  bool busy() const { return (status() & ata::kStatusBsy) != 0; }
  void write_command(std::uint8_t opcode);
  // The drive stays busy until a little after end_reset().
  void begin_reset(bool hardware);
  void end_reset();
  // Device 1's part of EXECUTE DIAGNOSTIC, which device 0 got as a command.
  void follow_diagnostic();
  Line intrq;  // pending, whatever nIEN and DEV say

  // The data port in cycles of one and two bytes; without DRQ reads are all ones and writes vanish.
  std::uint8_t read_byte();
  std::uint16_t read_word();
  void write_byte(std::uint8_t value);
  void write_word(std::uint16_t value);
  // As many word cycles as the present block has left, but for its last; returns how many.
  std::size_t read_words(std::span<std::uint8_t> bytes);
  std::size_t write_words(std::span<const std::uint8_t> bytes);

  // For panels, lamps and logs.
  std::uint8_t opcode() const { return opcode_; }
  static std::string_view command_name(std::uint8_t opcode);
  const storage::Geometry& geometry() const { return geometry_; }
  const storage::Geometry& current_geometry() const { return current_; }
  const AtaCounters& counters() const { return counters_; }
  const AtaHostFailure& last_host_failure() const { return last_host_failure_; }
  const AtaLog& log() const { return log_; }

  void serialize(Archive& archive);

 private:
  static constexpr std::uint8_t kMaxMultiple = 16;
  static constexpr std::size_t kEccBytes = 4;  // IDENTIFY word 22
  static constexpr std::size_t kBufferSize = kMaxMultiple * storage::kSectorSize;

  enum class Phase : std::uint8_t {
    idle,
    executing,   // busy; then the command begins
    data_in,     // DRQ, the host reads
    data_out,    // DRQ, the host writes
    proceeding,  // busy with the next block, or with the one just received
    resetting,   // busy until end_reset() has passed and a little longer
  };
  enum class Power : std::uint8_t { active, idle, standby, sleeping };

  // A row of the command table. `start` runs when the first busy time is over, `proceed` after each
  // data block that is not the last thing to happen. Rows without `start` are no commands.
  struct Command {
    std::string_view name;
    void (AtaDrive::*start)() = nullptr;
    void (AtaDrive::*proceed)() = nullptr;
  };
  static const Command& command(std::uint8_t opcode);

  // Commands, in ata_commands.cpp.
  void recalibrate();
  void read_sectors();
  void read_multiple();
  void read_long();
  void load_block();
  void write_sectors();
  void write_multiple();
  void write_long();
  void store_block();
  void verify_sectors();
  void seek();
  void diagnose();
  void initialize_parameters();
  void set_multiple();
  void identify();
  void read_buffer();
  void write_buffer();
  void flush_cache();
  void set_features();
  void read_native_max();
  void set_max();
  void idle_immediate();
  void standby_immediate();
  void idle_with_timer();
  void standby_with_timer();
  void check_power();
  void sleep();

  // Addresses.
  bool lba_mode() const { return (device_ & ata::kDeviceLba) != 0; }
  std::optional<std::uint64_t> addressed_sector(const storage::Geometry& geometry) const;
  std::uint64_t end_of_addresses() const;
  void put_address(std::uint64_t lba, const storage::Geometry& geometry);

  // Transfers.
  bool begin_transfer(std::uint32_t sectors_per_block);
  void begin_write(std::uint32_t sectors_per_block);
  bool is_long() const { return (opcode_ & 0xEE) == 0x22; }  // 22h 23h 32h 33h
  std::size_t block_sectors() const;
  std::size_t block_bytes() const;
  std::size_t reachable(std::size_t sectors) const;
  storage::IoStatus read_medium(std::uint64_t lba, std::span<std::uint8_t> sectors,
                                std::size_t& good);
  storage::IoStatus write_medium(std::uint64_t lba, std::span<const std::uint8_t> sectors,
                                 std::size_t& good);
  storage::IoStatus verify_written(std::uint64_t lba, std::span<const std::uint8_t> sectors,
                                   std::size_t& good);
  void note_host_failure(storage::IoStatus status, std::uint64_t lba);
  void offer_block(std::size_t bytes);
  void ask_for_block(std::size_t bytes, bool interrupt);
  void end_block();
  std::uint8_t take();
  void put(std::uint8_t value);
  bool in_ecc() const;

  // Ends of commands.
  void finish();
  void fail(std::uint8_t error);
  void finish_at(std::uint64_t lba);
  void fail_at(std::uint64_t lba, std::uint8_t error);

  void on_event();
  void be_busy(Phase next, Nanoseconds time);
  void load_signature();
  void revert_settings();
  void set_standby_timer();
  Power power() const;

  Scheduler& scheduler_;
  std::string name_;
  Event event_;
  storage::BlockDevice* image_ = nullptr;
  storage::Geometry geometry_;
  std::string serial_;
  std::string model_;

  // Registers.
  std::uint8_t status_ = 0;
  std::uint8_t error_ = 0;
  std::uint8_t features_ = 0;
  std::uint8_t count_ = 0;
  std::uint8_t sector_ = 0;
  std::uint8_t cylinder_low_ = 0;
  std::uint8_t cylinder_high_ = 0;
  std::uint8_t device_ = 0;

  // Settings.
  storage::Geometry current_;  // sectors_per_track 0: CHS commands are refused
  std::uint8_t multiple_ = 0;
  bool write_cache_ = true;
  bool revert_on_reset_ = true;
  std::uint64_t limit_ = 0;              // sectors, SET MAX ADDRESS
  std::uint64_t nonvolatile_limit_ = 0;  // what a hardware reset goes back to
  Power power_ = Power::active;
  Nanoseconds standby_after_ = 0;  // 0: never
  Nanoseconds last_access_ = 0;

  // The command at work.
  Phase phase_ = Phase::idle;
  bool reset_held_ = false;  // SRST is set
  std::uint8_t opcode_ = 0;
  std::uint8_t previous_opcode_ = 0;  // SET MAX ADDRESS must follow READ NATIVE MAX ADDRESS
  std::uint64_t lba_ = 0;             // next sector on the medium
  std::uint32_t remaining_ = 0;       // sectors the host has not got or given yet
  std::uint32_t sectors_per_block_ = 1;
  std::size_t cursor_ = 0;
  std::size_t length_ = 0;  // bytes in the present block
  std::array<std::uint8_t, kBufferSize> buffer_{};

  AtaCounters counters_;
  AtaHostFailure last_host_failure_;
  AtaLog log_;
};

}  // namespace devices
