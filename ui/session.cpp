#include "ui/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "emu/board.h"
#include "storage/layer.h"

namespace ui {

namespace {

using devices::kMillisecond;
using devices::kSecond;
using devices::Nanoseconds;

constexpr Nanoseconds kSlice = 2 * kMillisecond;
// A host that falls further behind than this lets guest time slip instead of racing after it.
constexpr std::chrono::milliseconds kMaximumLag{100};

}  // namespace

// ---- Control ----

emu::Machine& Control::machine() {
  return *session_.machine_;
}
emu::Debugger& Control::debugger() {
  return *session_.debugger_;
}
emu::Typist& Control::typist() {
  return session_.typist_;
}

void Control::run() {
  if (session_.state_ == RunState::died) return;
  session_.before_ = session_.machine_->processor().registers();
  session_.instructions_at_go_ = session_.machine_->instructions();
  session_.step_name_.clear();
  session_.state_ = RunState::running;
  session_.stopped_by_.clear();
  session_.why_.clear();
  session_.due_ = Session::Clock::now();
}

void Control::pause(const std::string& why) {
  session_.debugger_->cancel_goal();
  if (session_.state_ == RunState::running) session_.enter_pause(why);
}

void Control::reset() {
  session_.machine_->apply(emu::ResetCommand{});
  if (session_.state_ == RunState::died) session_.state_ = RunState::running;
  session_.why_.clear();
}

void Control::step_into() {
  if (session_.state_ != RunState::paused) return;
  run();
  session_.step_name_ = "step into";
  const emu::StopReason stop = session_.debugger_->step(kSecond);
  if (stop == emu::StopReason::deadline || stop == emu::StopReason::breakpoint) {
    session_.enter_pause("");
  } else {
    session_.stopped(stop);
  }
}

void Control::step_over() {
  if (session_.state_ != RunState::paused) return;
  session_.debugger_->go_over();
  run();
  session_.step_name_ = "step over";
}

void Control::step_out() {
  if (session_.state_ != RunState::paused) return;
  session_.debugger_->go_out();
  run();
  session_.step_name_ = "step out";
}

void Control::run_to(std::uint32_t linear) {
  if (session_.state_ != RunState::paused) return;
  session_.debugger_->go_to(linear);
  run();
  session_.step_name_ = "run to";
}

void Control::keep_history(bool on) {
  const std::string failure = session_.debugger_->keep_history(on);
  if (!failure.empty()) tell(failure);
}

void Control::step_back() {
  go_back("step back",
          [this](const emu::History::GoOn& go_on) { return session_.debugger_->step_back(go_on); });
}

void Control::back_to_breakpoint() {
  go_back("back to breakpoint", [this](const emu::History::GoOn& go_on) {
    return session_.debugger_->back_to_breakpoint(go_on);
  });
}

void Control::go_to_time(Nanoseconds time) {
  go_back("go there", [this, time](const emu::History::GoOn& go_on) {
    return session_.debugger_->go_to_time(time, go_on);
  });
}

void Control::go_back(const char* name,
                      const std::function<emu::History::Outcome(const emu::History::GoOn&)>& way) {
  using Outcome = emu::History::Outcome;
  if (session_.debugger_->history() == nullptr) {
    return tell("no history is kept: Debug > Keep history, and then there is a way back");
  }
  session_.before_ = session_.machine_->processor().registers();
  session_.state_ = RunState::going_back;
  session_.why_ = "going back; Break ends it";
  session_.publish();
  session_.break_off_ = false;
  const Outcome outcome = way([this] { return !session_.break_off_; });
  session_.step_name_ = name;
  session_.instructions_at_go_ = session_.machine_->instructions();
  session_.stopped_by_ = session_.debugger_->stopped_by();
  if (outcome != Outcome::broken_off) {
    session_.typist_ = {};
    session_.picture_seen_.reset();
    session_.rewind_map();
  }
  switch (outcome) {
    case Outcome::there:
      return session_.enter_pause(session_.why_stopped());
    case Outcome::beginning:
      return session_.enter_pause("the history begins here: " +
                                  session_.debugger_->history()->begins_because());
    case Outcome::broken_off:
      return session_.enter_pause("broken off: it is where it was");
  }
}

void Control::set_speed(double speed) {
  session_.options_.speed = speed;
  session_.due_ = Session::Clock::now();
}
double Control::speed() const {
  return session_.options_.speed;
}

void Control::insert(const emu::DriveConfig& drive) {
  session_.machine_->insert(drive, [this](const std::string& line) { tell(line); });
  auto& drives = session_.options_.config.drives;
  std::erase_if(drives, [&](const emu::DriveConfig& old) { return old.slot == drive.slot; });
  drives.push_back(drive);
  session_.drives_changed_ = true;
}

void Control::eject(emu::DriveSlot slot) {
  session_.machine_->eject(slot);
  session_.drives_changed_ = true;
}

namespace {

const char* name_of(emu::ChainChange change) {
  switch (change) {
    case emu::ChainChange::new_child:
      return "new child";
    case emu::ChainChange::commit:
      return "commit";
    case emu::ChainChange::detach:
      return "detach";
  }
  return "";
}

}  // namespace

void Control::change_chain(emu::DriveSlot slot, emu::ChainChange change) {
  for (emu::DriveConfig& drive : session_.options_.config.drives) {
    if (drive.slot != slot) continue;
    // The layers differ even when it was refused: they are other objects now.
    session_.drives_changed_ = true;
    const char* const name = name_of(change);
    session_.break_off_ = false;
    std::string said;
    struct ShownWork {  // as long as it goes on
      Session& session;
      ~ShownWork() { session.end_work(); }
    };
    try {
      const ShownWork shown{session_};
      said = session_.machine_->change_chain(
          change, drive, [this](const std::string& line) { tell(line); }, session_.progress(name));
      flag(name, true);
    } catch (const storage::Cancelled&) {
      said = std::string(name) + " was stopped: the disk shows what it showed, in the same layers";
    }
    return tell(said);
  }
  tell(std::string(emu::slot_name(slot)) + " has no image file");
}

void Control::find_in_memory(std::span<const std::uint8_t> pattern, std::uint32_t from) {
  const std::span<const std::uint8_t> ram = machine().memory().ram();
  for (const std::size_t start : {std::min<std::size_t>(from, ram.size()), std::size_t{0}}) {
    const auto found = std::search(ram.begin() + static_cast<std::ptrdiff_t>(start), ram.end(),
                                   pattern.begin(), pattern.end());
    if (found == ram.end()) continue;
    session_.found_ = {session_.found_.number + 1, static_cast<std::uint32_t>(found - ram.begin()),
                       static_cast<std::uint32_t>(pattern.size())};
    return;
  }
  tell("not found in RAM");
}

void Control::tell(const std::string& line) {
  const std::lock_guard lock(session_.mutex_);
  session_.lines_.push_back(line);
}

void Control::read_files(emu::DriveSlot slot) {
  std::shared_ptr<DiskFiles> files;
  if (emu::DriveTap* tap = session_.machine_->tap(slot)) {
    emu::QuietView view(*tap);
    files = std::make_shared<DiskFiles>(read_disk_files(view, emu::is_floppy(slot)));
  }
  const std::lock_guard lock(session_.mutex_);
  session_.files_ = std::move(files);
}

void Control::read_sectors(const SectorsWanted& wanted) {
  emu::DriveTap* tap = session_.machine_->tap(wanted.slot);
  if (tap == nullptr || wanted.lba >= tap->sector_count()) return;
  auto out = std::make_shared<SectorBytes>();
  out->which = wanted;
  const std::uint64_t count =
      std::min<std::uint64_t>(wanted.count, tap->sector_count() - wanted.lba);
  out->bytes.resize(count * storage::kSectorSize);
  out->failed = tap->peek(wanted.lba, out->bytes) != storage::IoStatus::ok;
  // One layer down: the image under what is held in memory, or the image's parent.
  storage::BlockDevice* below = nullptr;
  if (tap->layers_above() != 0) {
    below = &tap->image();
    out->parent_name = "the image";
  } else if (tap->chain() != nullptr && tap->chain()->parent() != nullptr) {
    below = tap->chain()->parent();
    const storage::ImageInfo info = tap->chain()->parent()->info();
    out->parent_name = info.files.empty() ? "parent" : info.files[0].path.filename().string();
  }
  if (below != nullptr) {
    out->parent.resize(out->bytes.size());
    if (storage::read_parent(below, wanted.lba, out->parent) != storage::IoStatus::ok) {
      out->parent.clear();
    }
  }
  for (storage::Image* image = tap->chain(); image != nullptr; image = image->parent()) {
    const storage::ImageInfo info = image->info();
    if (wanted.lba >= image->sector_count()) break;
    out->layers.push_back({info.files.empty() ? "" : info.files[0].path.filename().string(),
                           image->extent_at(wanted.lba)});
  }
  const std::lock_guard lock(session_.mutex_);
  session_.sectors_ = std::move(out);
}

void Control::flag(const std::string& text, bool snapshot) {
  const std::lock_guard lock(session_.mutex_);
  session_.flags_.push_back({session_.machine_->now(), snapshot, text});
}

// ---- Session ----

Session::Session(std::unique_ptr<emu::Machine> machine, Options options)
    : machine_(std::move(machine)),
      options_(std::move(options)),
      debugger_(std::in_place, *machine_) {
  state_ = options_.paused ? RunState::paused : RunState::running;
  if (options_.paused) why_ = "at reset";
  before_ = at_stop_ = machine_->processor().registers();
  if (options_.history) {
    try {
      debugger_->keep_history(true);
    } catch (const emu::UsageError& error) {
      lines_.push_back(error.what());
    }
  }
  if (options_.sound) machine_->listen_speaker(devices::SampleSink::to<&Session::hear>(*this));
  publish();
}

Session::~Session() {
  stop();
  let_go();
}

// The machine must not call back into this object any more.
void Session::let_go() {
  if (!machine_) return;
  machine_->listen_speaker({});
  debugger_.reset();
  for (std::size_t i = 0; i < emu::kDriveSlotCount; ++i) {
    if (emu::DriveTap* tap = machine_->tap(static_cast<emu::DriveSlot>(i))) tap->stop_map();
  }
}

std::unique_ptr<emu::Machine> Session::release() {
  let_go();
  return std::move(machine_);
}

void Session::start() {
  due_ = measured_at_ = Clock::now();
  thread_ = std::thread([this] { loop(); });
}

void Session::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  break_off_ = true;
  wake_.notify_all();
  thread_.join();
}

void Session::post(Request request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }
  wake_.notify_all();
}

void Session::want(const Wants& wants) {
  {
    const std::lock_guard lock(mutex_);
    wants_ = wants;
    wanted_ = true;
  }
  wake_.notify_all();
}

std::shared_ptr<const Snapshot> Session::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::optional<MapNews> Session::take_map_news() {
  const std::lock_guard lock(mutex_);
  if (news_.start == 0) return std::nullopt;
  MapNews out = news_;  // facts; the events move
  out.scan = std::exchange(news_.scan, {});
  out.events = std::exchange(news_.events, {});
  news_.rewound.reset();
  return out;
}

std::optional<LongWork> Session::long_work() const {
  const std::lock_guard lock(mutex_);
  return long_work_;
}

storage::Progress Session::progress(const char* name) {
  return {[this, name](std::uint64_t done, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    long_work_ = {name, done, total};
    return !break_off_;
  }};
}

void Session::end_work() {
  const std::lock_guard lock(mutex_);
  long_work_.reset();
}

std::shared_ptr<const DiskFiles> Session::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}
std::shared_ptr<const SectorBytes> Session::sectors() const {
  const std::lock_guard lock(mutex_);
  return sectors_;
}
std::vector<std::string> Session::take_lines() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lines_, {});
}
std::vector<Flagged> Session::take_flags() {
  const std::lock_guard lock(mutex_);
  return std::exchange(flags_, {});
}
std::optional<emu::Verdict> Session::verdict() const {
  const std::lock_guard lock(mutex_);
  return verdict_;
}

void Session::serve_requests(std::unique_lock<std::mutex>& lock) {
  const std::vector<Request> requests = std::exchange(requests_, {});
  if (requests.empty()) return;
  lock.unlock();
  Control control(*this);
  for (const Request& request : requests) {
    try {
      request(control);
    } catch (const std::exception& error) {
      control.tell(error.what());
    }
  }
  lock.lock();
  wanted_ = true;
}

void Session::loop() {
  std::unique_lock lock(mutex_);
  while (!quit_) {
    serve_requests(lock);
    const bool publish_now = std::exchange(wanted_, false);
    lock.unlock();
    try {
      if (publish_now) publish();
      if (state_ == RunState::running) run_slice(kSlice);
    } catch (const std::exception& error) {
      const std::lock_guard failed(mutex_);
      verdict_ = emu::Verdict{"error", emu::kExitHostError, error.what()};
      state_ = RunState::died;
    }
    lock.lock();
    if (quit_) break;
    const auto something = [&] { return quit_ || wanted_ || !requests_.empty(); };
    if (state_ != RunState::running) {
      wake_.wait(lock, something);
    } else if (options_.speed > 0) {
      const Clock::time_point now = Clock::now();
      if (due_ + kMaximumLag < now) due_ = now;
      if (due_ > now) wake_.wait_until(lock, due_, something);
    }
  }
}

void Session::run_slice(Nanoseconds slice) {
  // Ahead of its time: something else woke the loop.
  if (options_.speed > 0 && thread_.joinable()) {
    if (due_ > Clock::now()) return;
    due_ += std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(slice) / options_.speed));
  }
  if (!typist_.done()) typist_.feed(*machine_);
  const emu::StopReason stop = debugger_->run_until(machine_->now() + slice);
  if (mapped_) {
    if (emu::DriveTap* tap = machine_->tap(mapped_->first)) tap->settle_map(machine_->now());
  }
  if (stop != emu::StopReason::deadline) stopped(stop);
}

void Session::stopped(emu::StopReason stop) {
  switch (stop) {
    case emu::StopReason::deadline:
      return;
    case emu::StopReason::breakpoint: {
      stopped_by_ = debugger_->stopped_by();
      const std::string why = why_stopped();
      if (!why.empty()) {
        Control(*this).flag("break " + std::to_string(stopped_by_.front()), false);
      }
      enter_pause(why);
      return;
    }
    case emu::StopReason::guest_exit:
    case emu::StopReason::guest_shutdown: {
      const std::lock_guard lock(mutex_);
      const auto value = machine_->guest_exit();
      verdict_ = emu::Verdict{"guest-exit", value ? 2 * *value + 1 : 0, ""};
      break;
    }
    case emu::StopReason::triple_fault:
      why_ = "triple fault: Right-Ctrl+R resets";
      break;
    case emu::StopReason::dead_halt:
      why_ = "halted with interrupts off: Right-Ctrl+R resets";
      break;
  }
  state_ = RunState::died;
  const std::lock_guard lock(mutex_);
  wanted_ = true;
}

std::string Session::why_stopped() const {
  std::string why;
  for (const emu::Debugger::Point& point : debugger_->points()) {
    if (std::ranges::find(stopped_by_, point.number) == stopped_by_.end()) continue;
    why += (why.empty() ? "breakpoint " : ", ") + std::to_string(point.number) + ": " + point.text;
  }
  if (const auto& hit = machine_->memory_hit(); hit && !why.empty())
    why += ": " + emu::describe(*hit);
  return why;
}

// What lies ahead again has not happened to the map either.
void Session::rewind_map() {
  const Nanoseconds now = machine_->now();
  const auto later = [now](const auto& one) { return one.time > now; };
  std::erase_if(events_, later);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(news_.events, later);
    std::erase_if(flags_, later);
    news_.rewound = std::min(news_.rewound.value_or(now), now);
  }
  if (!mapped_) return;
  if (emu::DriveTap* tap = machine_->tap(mapped_->first)) tap->settle_map(now);
}

void Session::enter_pause(const std::string& why) {
  state_ = RunState::paused;
  why_ = why;
  pages_before_ = std::exchange(pages_at_stop_, {});
  const std::lock_guard lock(mutex_);
  wanted_ = true;
}

// At any other speed it would be another sound: silence.
void Session::hear(std::span<const std::int16_t> samples) {
  if (options_.speed == 1) options_.sound->push(samples);
}

void Session::measure() {
  const Clock::time_point now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - measured_at_).count();
  constexpr double window = 0.5;
  if (seconds < window) return;
  const auto guest = static_cast<double>(machine_->now() - measured_now_);
  const auto ran = static_cast<double>(machine_->instructions() - measured_instructions_);
  host_speed_ = guest / static_cast<double>(kSecond) / seconds;
  const double slots =
      guest * machine_->board().mips() / static_cast<double>(devices::kMicrosecond);
  idle_ = slots > 0 ? std::clamp(1 - ran / slots, 0.0, 1.0) : 0;
  measured_at_ = now;
  measured_now_ = machine_->now();
  measured_instructions_ = machine_->instructions();
}

// Starts the map of the drive that somebody looks at, and hands on what came since.
void Session::follow_map() {
  std::optional<emu::DriveSlot> slot;
  {
    const std::lock_guard lock(mutex_);
    slot = wants_.map;
  }
  emu::DriveTap* tap = slot ? machine_->tap(*slot) : nullptr;
  const auto wanted = tap != nullptr ? std::optional(std::pair(*slot, tap->medium()))
                                     : std::optional<std::pair<emu::DriveSlot, std::uint64_t>>();
  if (wanted && wanted != mapped_) {
    if (mapped_) {
      if (emu::DriveTap* old = machine_->tap(mapped_->first)) old->stop_map();
    }
    mapped_ = wanted;
    const DriveView* view = nullptr;
    for (const DriveView& drive : drives_) {
      if (drive.slot == *slot) view = &drive;
    }
    const std::uint32_t cluster = view != nullptr ? view->cluster_sectors : 1;
    scan_.clear();
    events_.clear();
    scanning_ = true;
    tap->start_map(
        cluster,
        [this](const storage::MapEvent& event) { (scanning_ ? scan_ : events_).push_back(event); },
        machine_->now());
    scanning_ = false;
    const std::lock_guard lock(mutex_);
    news_ = {};
    news_.slot = *slot;
    news_.medium = tap->medium();
    news_.sectors = tap->sector_count();
    news_.cluster_sectors = cluster;
    news_.start = ++map_start_;
    news_.scan = std::exchange(scan_, {});
  }
  if (!mapped_) return;
  const std::lock_guard lock(mutex_);
  news_.now = machine_->now();
  if (news_.events.empty()) {
    std::swap(news_.events, events_);
  } else {
    news_.events.insert(news_.events.end(), events_.begin(), events_.end());
  }
  events_.clear();
}

// A megabyte is looked through: not for every picture of a running machine.
void Session::look_at_dos() {
  constexpr Nanoseconds often = 200 * devices::kMillisecond;
  const Nanoseconds now = machine_->now();
  const Nanoseconds good_for = state_ == RunState::running ? often : 1;
  if (dos_looked_ && now >= *dos_looked_ && now - *dos_looked_ < good_for) return;
  dos_looked_ = now;
  const auto found =
      emu::read_dos(machine_->board().processor.registers(), machine_->board().memory);
  dos_ = found ? std::make_shared<const emu::DosMemory>(*found) : nullptr;
}

void Session::publish() {
  if (std::exchange(drives_changed_, false)) {
    describe_drives(*machine_, options_.config, drives_);
  }
  follow_sizes(*machine_, drives_);
  follow_map();
  measure();
  auto next = std::make_shared<Snapshot>();
  next->drives = drives_;
  Wants wants;
  {
    const std::lock_guard lock(mutex_);
    wants = wants_;
  }
  take_snapshot(*machine_, wants, *next);
  if (wants.dos) {
    look_at_dos();
    next->dos = dos_;
  }
  next->number = ++snapshots_;
  next->state = state_;
  next->why = why_;
  next->stopped_by = stopped_by_;
  next->before = before_;
  next->last_step = step_name_;
  next->last_step_instructions = machine_->instructions() - instructions_at_go_;
  next->host_speed = host_speed_;
  next->idle = idle_;
  next->points = debugger_->points();
  next->found = found_;
  if (const emu::History* history = debugger_->history()) {
    next->history = {true,
                     history->in_past(),
                     machine_->time_of(history->begin()),
                     machine_->time_of(history->end()),
                     history->begins_because(),
                     history->bytes()};
  }
  next->speed = options_.speed;
  if (state_ == RunState::paused) {
    pages_at_stop_ = next->memory;
    next->memory_before = pages_before_;
  }
  const std::uint64_t generation = machine_->screen_generation();
  if (wants.screen && picture_seen_ != generation) {
    picture_seen_ = generation;
    picture_ = std::make_shared<emu::Picture>(machine_->picture());
    ++picture_number_;
  }
  next->picture = picture_;
  next->picture_number = picture_number_;
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
}

void Session::round(Nanoseconds slice) {
  {
    std::unique_lock lock(mutex_);
    serve_requests(lock);
  }
  if (state_ == RunState::running && slice != 0) run_slice(slice);
  publish();
}

}  // namespace ui
