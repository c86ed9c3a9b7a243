// A machine that runs while a window looks at it. A thread of its own runs it in slices of guest
// time; between slices it does what was asked, and publishes a snapshot when somebody waits for
// one. Drawing never stops the guest, and nothing here reaches into a slice: the same requests at
// the same guest times make the same run.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "emu/debugger.h"
#include "emu/drive_chain.h"
#include "emu/machine.h"
#include "emu/run_options.h"
#include "emu/session.h"
#include "emu/typist.h"
#include "storage/allocation_watch.h"
#include "ui/disk_files.h"
#include "ui/snapshot.h"
#include "ui/sound_queue.h"

namespace ui {

// Sectors that a panel wants to look at.
struct SectorsWanted {
  emu::DriveSlot slot = emu::DriveSlot::fd0;
  std::uint64_t lba = 0;
  std::uint32_t count = 0;
  bool operator==(const SectorsWanted&) const = default;
};
struct SectorBytes {
  SectorsWanted which;
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t>
      parent;  // the same sectors one layer further down; empty: no such layer
  std::string parent_name;
  // Where each layer of the image has the first of them, from the top one down.
  struct Where {
    std::string name;
    storage::Extent extent;
  };
  std::vector<Where> layers;
  bool failed = false;
};

// What the map's drive has to tell, in order.
struct MapNews {
  emu::DriveSlot slot = emu::DriveSlot::fd0;
  std::uint64_t medium = 0;
  std::uint64_t sectors = 0;
  std::uint32_t cluster_sectors = 1;
  std::uint64_t start = 0;  // which scan these belong to; a new number begins a new map
  std::vector<storage::MapEvent> scan;
  // The guest went back to this time, before the events: what the map has after it is void.
  std::optional<std::uint64_t> rewound;
  std::vector<storage::MapEvent> events;
  std::uint64_t now = 0;
};

struct Flagged {
  std::uint64_t time = 0;
  bool snapshot = false;
  std::string text;
};

// Work on files that keeps the machine from going on.
struct LongWork {
  std::string name;
  std::uint64_t done = 0, total = 0;  // in units of its own; total 0: not known yet
};

class Session;

// What a request may do: it runs between two slices, on the machine's thread.
class Control {
 public:
  explicit Control(Session& session) : session_(session) {}

  emu::Machine& machine();
  emu::Debugger& debugger();
  emu::Typist& typist();
  void run();
  void pause(const std::string& why = "");
  void reset();
  void step_into();
  void step_over();
  void step_out();
  void run_to(std::uint32_t linear);
  // Ways back, for which a history must be kept; see emu/history.h.
  void keep_history(bool on);
  void step_back();
  void back_to_breakpoint();
  void go_to_time(devices::Nanoseconds time);
  void set_speed(double speed);
  double speed() const;
  void insert(const emu::DriveConfig& drive);
  void eject(emu::DriveSlot slot);
  void change_chain(emu::DriveSlot slot, emu::ChainChange change);
  void tell(const std::string& line);  // to the person
  // Everything of a drive that is read over again: files.
  void read_files(emu::DriveSlot slot);
  void read_sectors(const SectorsWanted& wanted);
  // Looks through RAM from a physical address on, and then from its beginning; tells the person
  // when there is none.
  void find_in_memory(std::span<const std::uint8_t> pattern, std::uint32_t from);
  void flag(const std::string& text, bool snapshot);

 private:
  void go_back(const char* name,
               const std::function<emu::History::Outcome(const emu::History::GoOn&)>& way);

  Session& session_;
};

using Request = std::function<void(Control&)>;

class Session {
 public:
  struct Options {
    emu::Config config;
    double speed = 1;  // 0: as fast as it goes
    bool paused = false;
    bool history = false;               // kept from the start
    std::shared_ptr<SoundQueue> sound;  // where it is heard; null: nowhere
  };

  Session(std::unique_ptr<emu::Machine> machine, Options options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  // Ends the thread; the machine may be used again.
  void stop();
  emu::Machine& machine() { return *machine_; }
  // After stop(): the machine, for whoever wants to ask it more. Nothing else may follow.
  std::unique_ptr<emu::Machine> release();
  const emu::Config& config() const { return options_.config; }

  // ---- for the window's thread ----
  void post(Request request);
  void want(const Wants& wants);  // and a new snapshot soon
  // Ends a way back or work on files that takes too long; requests wait until it is over.
  void break_off() { break_off_ = true; }
  // Nothing: the machine goes on, or could.
  std::optional<LongWork> long_work() const;
  std::shared_ptr<const Snapshot> snapshot() const;
  std::optional<MapNews> take_map_news();
  std::shared_ptr<const DiskFiles> files() const;
  std::shared_ptr<const SectorBytes> sectors() const;
  std::vector<std::string> take_lines();
  std::vector<Flagged> take_flags();
  // The guest ended the run, or the host failed.
  std::optional<emu::Verdict> verdict() const;

  // ---- without a thread, for tests: requests, one slice of guest time, a snapshot ----
  void round(devices::Nanoseconds slice);

 private:
  friend class Control;
  using Clock = std::chrono::steady_clock;

  void loop();
  void serve_requests(std::unique_lock<std::mutex>& lock);
  void run_slice(devices::Nanoseconds slice);
  void stopped(emu::StopReason stop);
  std::string why_stopped() const;
  void rewind_map();
  void enter_pause(const std::string& why);
  void publish();
  void look_at_dos();
  void follow_map();
  void measure();
  // To be told how far work is; stops it when asked to.
  storage::Progress progress(const char* name);
  void end_work();
  void hear(std::span<const std::int16_t> samples);

  void let_go();

  std::unique_ptr<emu::Machine> machine_;
  Options options_;
  std::optional<emu::Debugger> debugger_;
  Snapshot::Found found_;
  emu::Typist typist_;
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool quit_ = false;
  std::atomic<bool> break_off_ = false;
  bool wanted_ = true;
  Wants wants_;
  std::vector<Request> requests_;
  std::optional<LongWork> long_work_;
  std::shared_ptr<const Snapshot> snapshot_;
  MapNews news_;
  std::shared_ptr<const DiskFiles> files_;
  std::shared_ptr<const SectorBytes> sectors_;
  std::vector<std::string> lines_;
  std::vector<Flagged> flags_;
  std::optional<emu::Verdict> verdict_;

  // The machine's thread only.
  RunState state_ = RunState::running;
  std::string why_;
  std::vector<unsigned> stopped_by_;
  std::vector<DriveView> drives_;
  bool drives_changed_ = true;
  std::shared_ptr<const emu::Picture> picture_;
  std::optional<std::uint64_t> picture_seen_;
  std::uint64_t picture_number_ = 0;
  std::shared_ptr<const emu::DosMemory> dos_;
  std::optional<devices::Nanoseconds> dos_looked_;
  std::uint64_t snapshots_ = 0;
  cpu::Registers before_, at_stop_;
  std::uint64_t instructions_at_go_ = 0;
  std::string step_name_;
  MemoryPages pages_at_stop_, pages_before_;
  std::vector<storage::MapEvent> scan_, events_;
  bool scanning_ = false;
  std::optional<std::pair<emu::DriveSlot, std::uint64_t>> mapped_;  // slot, medium
  std::uint64_t map_start_ = 0;
  Clock::time_point due_ = Clock::now();
  Clock::time_point measured_at_ = Clock::now();
  devices::Nanoseconds measured_now_ = 0;
  std::uint64_t measured_instructions_ = 0;
  double host_speed_ = 0, idle_ = 0;
};

}  // namespace ui
