// The complete board: every chip, every wire, and the loop that moves virtual time. Declaration
// order is power-up order. Only Machine uses it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpu/bus.h"
#include "cpu/cpu.h"
#include "cpu/memory.h"
#include "devices/ata_channel.h"
#include "devices/cmos.h"
#include "devices/debug_port.h"
#include "devices/dma.h"
#include "devices/fdc.h"
#include "devices/io_ports.h"
#include "devices/keyboard_controller.h"
#include "devices/parallel.h"
#include "devices/pic.h"
#include "devices/pit.h"
#include "devices/scheduler.h"
#include "devices/serial.h"
#include "devices/speaker.h"
#include "devices/system_port.h"
#include "devices/video.h"
#include "emu/breakpoint.h"
#include "emu/config.h"
#include "emu/drive_bay.h"
#include "emu/drive_tap.h"
#include "emu/execution_log.h"
#include "emu/guest_clock.h"
#include "emu/host_sink.h"
#include "emu/idle_loop.h"
#include "emu/machine.h"

namespace emu {

class Board final : public cpu::Bus, private cpu::AccessWatch {
 public:
  Board(const Config& config, DriveBay drives);

  StopReason run_until(devices::Nanoseconds deadline);
  StopReason run_instructions(std::uint64_t count);
  void reset();  // the button: every chip but the CMOS
  void move_mouse(const MouseCommand& command);

  template <class Visit>
  void for_each_image(Visit visit) {
    for (const Floppy& drive : floppies_) {
      if (drive.image) visit(drive.slot, drive.file, *drive.image);
    }
    for (OpenedDisk& disk : disks_) visit(disk.slot, disk.file, *disk.image);
  }
  template <class Visit>
  void for_each_disk(Visit visit) {
    for (OpenedDisk& disk : disks_) visit(disk);
  }
  std::vector<DriveActivity> activity() const;

  // The hand at a floppy drive that the board has.
  void insert_floppy(OpenedFloppy opened);
  void eject_floppy(DriveSlot slot);
  bool has_floppy_drive(DriveSlot slot) const;
  // The drive's image is another file with the same content.
  void image_changed(DriveSlot slot, const std::string& file);
  // nullptr: no such drive, or nothing in it.
  DriveTap* tap(DriveSlot slot) const { return taps_[static_cast<std::size_t>(slot)]; }
  devices::Nanoseconds last_disk_access() const { return last_disk_access_; }
  // Until then the guest waits in HLT or goes round in a loop, and nothing will be different;
  // now() when it does not wait.
  devices::Nanoseconds quiet_until() const {
    return quiet_ ? scheduler.next_deadline() : scheduler.now();
  }
  // The hand of the host touched something that a waiting guest may look at.
  void disturb() { quiet_ = false; }
  // Something was added to or removed from `breakpoints`.
  void breakpoints_changed();
  // Records the latest so many; 0: nothing any more.
  void trace_instructions(std::size_t most);
  void log_ports(std::size_t most);
  // Who watches the machine, and where its output goes. Both are set aside while something that
  // happened already happens again.
  struct Audience {
    std::optional<BreakpointSet> breakpoints;  // nothing: they stay
    std::optional<InstructionTrace> trace;
    std::optional<PortLog> port_log;
    std::array<devices::ByteSink, 2> serial;
    devices::ByteSink printer, console;
    devices::SampleSink speaker;
  };
  Audience dismiss_audience(bool breakpoints);
  // Of the records, what lies after the present moment is dropped.
  void seat_audience(Audience audience);
  const InstructionTrace* trace() const { return trace_ ? &*trace_ : nullptr; }
  const PortLog* port_log() const { return port_log_ ? &*port_log_ : nullptr; }
  // A controller works, or a floppy's motor runs.
  bool disks_busy() const;

  // Retired since power-on, whatever state was loaded in between.
  std::uint64_t instructions() const { return processor.instructions() + instruction_base_; }
  // The same, and as many as would have fitted into the time slept in HLT.
  std::uint64_t slots() const { return instructions() + idle_slots_; }

  void serialize(devices::Archive& archive);
  void serialize_memory(devices::Archive& archive);  // RAM, and what follows
  void serialize_shadow(devices::Archive& archive);  // ROM areas that can be written
  const GuestClock& clock() const { return clock_; }
  std::uint32_t mips() const { return clock_.mips(); }
  // Of what ROM sockets hold; a checksum to tell machines apart.
  std::uint64_t rom_digest() const { return rom_digest_; }

  // The processor's pins.
  std::uint8_t in8(std::uint16_t port) override;
  std::uint16_t in16(std::uint16_t port) override;
  std::uint32_t in32(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void out16(std::uint16_t port, std::uint16_t value) override;
  void out32(std::uint16_t port, std::uint32_t value) override;
  std::size_t in_words(std::uint16_t port, std::span<std::uint8_t> bytes) override;
  std::size_t out_words(std::uint16_t port, std::span<const std::uint8_t> bytes) override;
  std::uint8_t acknowledge_interrupt() override;
  void coprocessor_error(bool level) override;
  std::uint64_t time_stamp() override;

 private:
  void swallow(std::uint8_t) {}
  // The processor's accesses to memory that a breakpoint watches.
  bool wants_page(std::uint32_t linear, std::uint32_t physical) const override;
  void accessed(const cpu::MemoryAccess& access) override;

  struct Floppy {
    DriveSlot slot;
    std::string file;
    std::shared_ptr<DriveTap> image;  // null: the drive is empty
  };

  void connect_wires();
  void claim_ports();
  void claim_debug_port(const Config& config);
  void map_memory(const Config& config);
  void insert_drives(const Config& config, DriveBay drives);
  void watch_drive(DriveSlot slot, DriveTap* tap);
  void tick_disks();
  void connect_outputs(const Config& config);

  void sync_time() { scheduler.advance_to(clock_.time_at(slots())); }
  template <class Access>
  auto port_access(std::uint16_t port, bool write, Access access);
  StopReason run_to(devices::Nanoseconds deadline);
  std::optional<StopReason> settle_processor();
  bool may_reset_after_shutdown();
  void run_slots(std::uint64_t target);
  void run_watched(std::uint64_t target);
  bool single_steps() const { return breakpoints.watches_instructions() || trace_; }
  std::uint64_t run_traced();
  template <class T>
  T logged(std::uint16_t port, bool write, T value, std::size_t count = 1);
  bool attention_wanted() const;
  bool skip_rounds(std::uint64_t target);
  std::uint64_t touched_outside();

  void set_a20(bool level);
  void request_reset();
  void on_exit(std::uint8_t value);
  void on_shutdown();

  GuestClock clock_;
  OnTripleFault on_triple_fault_;
  std::uint64_t instruction_base_ = 0;     // retired before the state was loaded
  std::uint64_t idle_slots_ = 0;           // slept through in HLT
  devices::Nanoseconds run_deadline_ = 0;  // where the present run of the processor ends
  // Idle loops; none of this is the machine's state, it only saves the host work.
  const bool skip_idle_;
  bool quiet_ = false;               // halted, or in a loop of loop_length_, and no event since
  std::uint64_t loop_length_ = 0;    // 0: halted
  std::uint64_t next_look_ = 0;      // slot at which to look for a loop again
  std::uint64_t look_distance_ = 0;  // grows with every look in vain
  std::uint64_t outside_accesses_ = 0;
  std::optional<InstructionTrace> trace_;
  std::optional<PortLog> port_log_;
  bool alone_ = false;  // without its audience
  bool reset_requested_ = false;
  bool shutdown_requested_ = false;
  std::vector<Floppy> floppies_;
  std::vector<OpenedDisk> disks_;
  std::array<DriveTap*, kDriveSlotCount> taps_{};
  std::uint64_t media_ = 0;                        // seen so far
  std::uint64_t rom_digest_ = 0xCBF29CE484222325;  // FNV-1a
  devices::Nanoseconds last_disk_access_ = 0;
  std::vector<std::unique_ptr<HostSink>> sinks_;

 public:
  devices::Scheduler scheduler;
  cpu::Memory memory;
  cpu::Cpu processor;
  devices::IoPorts ports;
  devices::PicPair pic;
  devices::Pit pit;
  devices::Dma dma;
  devices::Cmos cmos;
  devices::KeyboardController keyboard;
  devices::SystemPort system_port;
  devices::Speaker speaker;
  devices::Video video;
  devices::FloppyController floppy;
  std::array<devices::AtaChannel, 2> ata;
  std::array<devices::SerialPort, 2> serial;
  devices::ParallelPort parallel;
  devices::DebugPort debug_port;
  std::optional<std::uint8_t> guest_exit;
  BreakpointSet breakpoints;

 private:
  IdleLoop idle_loop_;
  devices::Event disk_tick_;  // pending while some image has something to do in a while
};

}  // namespace emu
