// Floppy disk controller: an Intel 82077AA on an AT board, ports 3F0h-3F5h and 3F7h, IRQ 6, DMA
// channel 2. [82077] Intel 82077AA CHMOS Single-Chip Floppy Disk Controller, data sheet (1991)
// [765]   NEC uPD765A/B data sheet: scan commands, status registers
// Chosen where boards differ: every data command and FORMAT seeks by itself when its cylinder is
// not under the head, whatever CONFIGURE's EIS says (ROMs rely on it); SEEK goes to the named
// cylinder even after a reset has zeroed the controller's own count; a wrong data rate is an error
// only once the rate has been chosen since power-on; sectors follow each other without rotational
// latency. Not implemented: FM, sectors other than 512 bytes, formats other than the medium's own,
// tape (TDR is a latch), PS/2 status registers A and B, power-down. Non-DMA transfers never
// overrun: the controller waits.
//
// fdc.cpp: ports, reset, phases. fdc_commands.cpp: command table, control commands.
// fdc_transfer.cpp: data.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "devices/archive.h"
#include "devices/delegate.h"
#include "devices/dma.h"
#include "devices/floppy_drive.h"
#include "devices/floppy_media.h"
#include "devices/io_ports.h"
#include "devices/line.h"
#include "devices/scheduler.h"

namespace devices {

// The controller's side of a DMA channel: each call moves up to a sector's bytes. Fewer than asked
// means that the channel is masked, or that its count ran out.
struct FloppyDma {
  Delegate<DmaChannel::Moved(std::span<const std::uint8_t>)> to_memory;
  Delegate<DmaChannel::Moved(std::span<std::uint8_t>)> from_memory;

  template <class Channel>
  void connect(Channel& channel) {
    to_memory = Delegate<DmaChannel::Moved(
        std::span<const std::uint8_t>)>::template to<&Channel::write_memory>(channel);
    from_memory =
        Delegate<DmaChannel::Moved(std::span<std::uint8_t>)>::template to<&Channel::read_memory>(
            channel);
  }
};

class FloppyController final : public PortDevice {
 public:
  static constexpr unsigned kDriveCount = 4;  // selects; a board has two drives, the rest is absent

  explicit FloppyController(Scheduler& scheduler);

  void claim_ports(IoPorts& ports);
  void reset();  // the hardware RESET line

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;

  // Wires out.
  Line irq;       // IRQ 6
  FloppyDma dma;  // dma.connect(board.channel(2))
  // Bits 6-0 of 3F7h belong to the hard disk adapter; unconnected they read 1.
  Delegate<std::uint8_t()> ata_drive_address;

  // The hand at the drive. A format comes from detect_floppy_format().
  void set_drive_type(unsigned drive, FloppyDriveType type);
  void insert(unsigned drive, std::shared_ptr<storage::BlockDevice> image,
              const FloppyFormat& format);
  // What was in the drive; flushing it, and saying so when that fails, is the caller's.
  std::shared_ptr<storage::BlockDevice> eject(unsigned drive);

  const FloppyDrive& drive(unsigned index) const { return drives_[index % kDriveCount]; }
  // The drive's lamp: lit by its select and its motor.
  bool lamp(unsigned drive) const {
    return (dor_ & 3U) == drive && drives_[drive % kDriveCount].motor();
  }
  enum class Activity : std::uint8_t { idle, seeking, reading, writing };
  Activity activity(unsigned drive) const;

  void serialize(Archive& archive);

 private:
  enum class Phase : std::uint8_t { reset, idle, command, execution, result };

  enum class DataCommand : std::uint8_t {
    read,
    write,
    read_track,
    verify,
    scan_equal,
    scan_low_or_equal,
    scan_high_or_equal,
    read_id,
    format
  };
  // What the execution event does when it fires.
  enum class Step : std::uint8_t { sector, host_bytes, fail };
  // Which way bytes cross the data port in a non-DMA transfer.
  enum class HostBytes : std::uint8_t { none, to_host, from_host };

  // One data command from its first byte to its result.
  struct Transfer {
    DataCommand command = DataCommand::read;
    std::uint8_t drive = 0, head = 0;         // as selected, HD and DS
    std::uint8_t c = 0, h = 0, r = 0, n = 0;  // the sector in hand
    std::uint8_t eot = 0;                     // last sector of the track
    std::uint8_t count = 0;                   // VERIFY: sectors left; FORMAT: IDs left
    std::uint8_t stride = 1;                  // SCAN: sectors to step
    std::uint8_t fill = 0;                    // FORMAT: data byte
    bool multi_track = false, skip = false, mfm = false;
    bool deleted = false;  // the address mark asked for, or to write
    bool counted = false;  // VERIFY: ends by count
    std::uint8_t st0 = 0, st1 = 0, st2 = 0;
    void serialize(Archive& archive);
  };

  struct CommandRow;
  using Handler = void (FloppyController::*)();
  static const CommandRow* find_command(std::uint8_t opcode);

  // Ports and phases.
  std::uint8_t main_status() const;
  std::uint8_t read_data();
  std::uint8_t read_digital_input() const;
  void write_data(std::uint8_t value);
  void write_digital_output(std::uint8_t value);
  void write_data_rate(std::uint8_t value);
  void enter_reset();
  void leave_reset();
  void on_reset_done();
  void raise_interrupt();
  void lower_interrupt();
  void update_irq();
  void finish(std::span<const std::uint8_t> result);
  void finish_silently();

  // Control commands.
  void specify();
  void sense_drive();
  void sense_interrupt();
  void recalibrate();
  void seek();
  void seek_relative();
  void version();
  void dump_registers();
  void configure();
  void perpendicular();
  void lock();
  void invalid();
  void start_seek(unsigned drive, unsigned target, bool recalibrating);
  void complete_seek(unsigned drive);
  Nanoseconds step_time() const;
  template <unsigned Drive>
  void on_seek_done() {
    complete_seek(Drive);
  }
  void run_command();

  // Data commands.
  void read_data_command();
  void write_data_command();
  void read_track();
  void verify();
  void scan();
  void read_id();
  void format_track();
  void prepare(DataCommand command);
  void prepare_sectors(DataCommand command);
  void start_when_spinning();
  void resume_if_stalled();
  Nanoseconds seek_implied(unsigned cylinder);
  void schedule_sector(Nanoseconds delay);
  bool has_tracks() const;
  bool locate();
  void on_execute();
  void on_sector();
  void read_sector();
  void identify_sector();
  void to_host(std::size_t size);
  void from_host(std::size_t size);
  void start_host_bytes(HostBytes direction, std::size_t size);
  void offer_host_bytes();
  std::uint8_t take_host_byte();
  void put_host_byte(std::uint8_t value);
  unsigned burst_size() const;
  void end_of_burst();
  void unit_sent(bool terminal_count);
  void unit_received(bool terminal_count);
  void write_sector(bool terminal_count);
  void scan_sector(bool terminal_count);
  void format_sector();
  void next_sector(bool terminal_count);
  bool step_address();
  void fail(std::uint8_t st1, std::uint8_t st2 = 0);
  void fail_write(storage::IoStatus status);
  void finish_transfer();
  bool moves_data() const {
    return transfer_.command != DataCommand::verify && transfer_.command != DataCommand::read_id;
  }
  bool scans() const {
    return transfer_.command == DataCommand::scan_equal ||
           transfer_.command == DataCommand::scan_low_or_equal ||
           transfer_.command == DataCommand::scan_high_or_equal;
  }
  bool writes() const {
    return transfer_.command == DataCommand::write || transfer_.command == DataCommand::format;
  }
  const FloppyDrive& transfer_drive() const { return drives_[transfer_.drive % kDriveCount]; }
  FloppyDrive& transfer_drive() { return drives_[transfer_.drive % kDriveCount]; }
  bool non_dma() const { return (specify_[1] & 1) != 0; }

  static constexpr std::size_t kSectorBytes = 512;
  static constexpr std::size_t kResultBytes = 10;

  Scheduler& scheduler_;
  Event reset_done_;
  Event execute_;
  std::array<Event, kDriveCount> seek_done_;
  std::array<FloppyDrive, kDriveCount> drives_;

  Phase phase_ = Phase::reset;
  std::array<std::uint8_t, 9> command_{};  // opcode and parameters
  std::uint8_t command_length_ = 0;        // bytes received
  std::array<std::uint8_t, kResultBytes> result_{};
  std::uint8_t result_length_ = 0;
  std::uint8_t result_position_ = 0;

  std::uint8_t dor_ = 0;
  std::uint8_t tape_drive_ = 0;
  std::uint8_t data_rate_select_ = 0;
  DataRate rate_ = DataRate::kbps500;
  bool rate_chosen_ = false;        // 3F7h or DSR written since the hardware reset
  bool interrupt_ = false;          // the INT pin before DOR's gate
  bool result_interrupts_ = false;  // reading the result takes the interrupt back
  std::uint8_t reset_senses_ = 0;   // polling statuses not fetched yet
  std::array<std::uint8_t, kDriveCount> seek_status_{};  // ST0 for SENSE INTERRUPT, 0 = none
  std::array<std::uint8_t, kDriveCount> seek_target_{};
  std::array<std::uint8_t, kDriveCount> cylinder_number_{};  // PCN
  std::array<bool, kDriveCount> recalibrating_{};

  std::array<std::uint8_t, 2> specify_{};
  std::uint8_t configuration_ = 0;  // EIS EFIFO POLL threshold
  std::uint8_t precompensation_ = 0;
  std::uint8_t perpendicular_ = 0;
  std::uint8_t last_eot_ = 0;  // for DUMPREG
  bool locked_ = false;

  Transfer transfer_;
  Step step_ = Step::sector;
  bool stalled_ = false;  // waits for index pulses that do not come
  HostBytes host_bytes_ = HostBytes::none;
  std::uint16_t unit_size_ = 0;  // bytes of the sector or ID in the buffer
  std::uint16_t cursor_ = 0;     // next byte at the data port
  std::uint16_t burst_end_ = 0;  // the port is ready up to here
  std::array<std::uint8_t, kSectorBytes> buffer_{};
};

}  // namespace devices
