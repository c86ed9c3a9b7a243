// A machine under a window: requests between slices, snapshots, the map's events; and that none of
// it changes what the guest does.
#include <thread>

#include "emu/command_line.h"
#include "emu/drive_tap.h"
#include "storage/directory.h"
#include "storage/format.h"
#include "storage/open_image.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"
#include "ui/map_model.h"
#include "ui/session.h"

namespace {

using devices::kMillisecond;
using devices::kSecond;

emu::Config demo() {
  auto parsed = emu::parse_command_line(std::vector<std::string>{});
  return std::get<emu::RunOptions>(parsed).config;
}

std::unique_ptr<ui::Session> session_of(const emu::Config& config, bool paused = false) {
  ui::Session::Options options;
  options.config = config;
  options.speed = 0;
  options.paused = paused;
  return std::make_unique<ui::Session>(std::make_unique<emu::Machine>(config), options);
}

}  // namespace

TEST_CASE("session: a window with map and memory open leaves the guest's run as it is",
          "[ui][session]") {
  const emu::Config config = demo();
  emu::Machine alone(config);
  alone.run_until(3 * kSecond);
  const auto session = session_of(config);
  ui::Wants wants;
  wants.map = emu::DriveSlot::ide0_0;
  wants.chips = true;
  for (std::uint32_t page = 0; page < 40; ++page) wants.pages.insert(page);
  for (devices::Nanoseconds now = 0; now < 3 * kSecond; now += 20 * kMillisecond) {
    session->want(wants);
    session->round(20 * kMillisecond);
  }
  REQUIRE(session->machine().now() == alone.now());
  REQUIRE(session->machine().hash() == alone.hash());
}

TEST_CASE("session: break, step into and over, and go on; a breakpoint counts its hits",
          "[ui][session]") {
  const auto session = session_of(demo(), true);
  session->round(kMillisecond);
  REQUIRE(session->snapshot()->state == ui::RunState::paused);
  const std::uint64_t at_reset = session->snapshot()->instructions;
  session->post([](ui::Control& control) { control.step_into(); });
  session->round(0);
  REQUIRE(session->snapshot()->instructions == at_reset + 1);
  session->post([](ui::Control& control) {
    control.debugger().add("exec 7c00");
    control.run();
  });
  for (int i = 0; i < 3000 && session->snapshot()->points.empty(); ++i)
    session->round(kMillisecond);
  for (int i = 0; i < 3000 && session->snapshot()->state == ui::RunState::running; ++i)
    session->round(5 * kMillisecond);
  REQUIRE(session->snapshot()->state == ui::RunState::paused);
  REQUIRE(session->snapshot()->registers.eip == 0x7C00);
  REQUIRE(session->snapshot()->points.at(0).hits == 1);
  REQUIRE(session->snapshot()->why == "breakpoint 1: exec 7c00");
  const std::uint32_t before = session->snapshot()->registers.eip;
  session->post([](ui::Control& control) { control.step_over(); });
  for (int i = 0; i < 100 && (i == 0 || session->snapshot()->state == ui::RunState::running); ++i)
    session->round(kMillisecond);
  REQUIRE(session->snapshot()->state == ui::RunState::paused);
  REQUIRE(session->snapshot()->registers.eip > before);
  REQUIRE(session->snapshot()->registers.eip < before + 16);
  REQUIRE(session->snapshot()->before.eip == before);
}

TEST_CASE("session: the map built from events is the one that a new session scans",
          "[ui][session][map]") {
  const auto session = session_of(demo());
  ui::Wants wants;
  wants.map = emu::DriveSlot::ide0_0;
  ui::MapModel model;
  const auto run = [&](devices::Nanoseconds time) {
    for (devices::Nanoseconds done = 0; done < time; done += 20 * kMillisecond) {
      session->want(wants);
      session->round(20 * kMillisecond);
      if (auto news = session->take_map_news()) model.take(*news);
    }
  };
  run(6 * kSecond);
  session->post([](ui::Control& control) { control.typist().type("ccd"); });
  run(4 * kSecond);
  REQUIRE(model.ready());
  REQUIRE(model.history().recorded() > 50);
  REQUIRE(model.history().map().counts()[storage::index_of(storage::CellClass::layer0)] > 10);
  // Somebody looks at another drive and comes back: a scan from nothing.
  wants.map.reset();
  const storage::ClassCounts lived = model.history().map().counts();
  ui::MapModel fresh;
  emu::DriveTap* tap = session->machine().tap(emu::DriveSlot::ide0_0);
  REQUIRE(tap != nullptr);
  storage::AllocationMap scanned(model.history().map().sectors(),
                                 model.history().map().sectors_per_cluster());
  storage::AllocationWatch(
      scanned.sectors(), scanned.sectors_per_cluster(),
      [&](std::uint64_t lba) { return tap->shown_extent_at(lba); },
      [&](const storage::MapEvent& event) {
        const std::uint64_t spc = scanned.sectors_per_cluster();
        scanned.set(event.lba / spc, (event.count + spc - 1) / spc, event.after.state(),
                    event.after.layer());
      })
      .scan(0);
  REQUIRE(scanned.counts() == lived);
}

TEST_CASE("session: going back takes machine, map and time line to the moment, and on again",
          "[ui][session][map]") {
  const auto session = session_of(demo());
  ui::Wants wants;
  wants.map = emu::DriveSlot::ide0_0;
  ui::MapModel model;
  const auto round = [&](devices::Nanoseconds slice) {
    session->want(wants);
    session->round(slice);
    if (auto news = session->take_map_news()) model.take(*news);
    for (const ui::Flagged& flag : session->take_flags()) model.flag(flag);
  };
  const auto run = [&](devices::Nanoseconds time) {
    for (devices::Nanoseconds done = 0; done < time; done += 20 * kMillisecond)
      round(20 * kMillisecond);
  };
  struct Moment {
    devices::Nanoseconds time;
    std::string hash;
    storage::ClassCounts counts;
    std::uint64_t events;
  };
  const auto moment = [&] {
    const storage::AllocationHistory& history = model.history();
    return Moment{session->machine().now(), session->machine().hash(), history.map().counts(),
                  history.end_event()};
  };
  run(kSecond);
  session->post([](ui::Control& control) { control.step_back(); });
  round(0);
  REQUIRE(session->snapshot()->state == ui::RunState::running);
  REQUIRE(session->take_lines().size() == 1);  // there is no way back, and why
  session->post([](ui::Control& control) { control.keep_history(true); });
  run(4 * kSecond);
  session->post([](ui::Control& control) { control.typist().type("c"); });
  run(2 * kSecond);
  const Moment first = moment();
  run(20 * kMillisecond);
  session->post([](ui::Control& control) { control.typist().type("cd"); });
  run(3 * kSecond - 20 * kMillisecond);
  const Moment second = moment();
  REQUIRE(second.counts != first.counts);
  REQUIRE(session->snapshot()->history.on);
  REQUIRE_FALSE(session->snapshot()->history.in_past);

  session->post([&](ui::Control& control) { control.go_to_time(first.time); });
  round(0);
  REQUIRE(session->snapshot()->state == ui::RunState::paused);
  REQUIRE(session->snapshot()->now == first.time);
  REQUIRE(session->snapshot()->history.in_past);
  REQUIRE(session->snapshot()->history.end == second.time);
  REQUIRE(session->machine().hash() == first.hash);
  REQUIRE(model.history().now() == first.time);
  REQUIRE(model.history().map().counts() == first.counts);
  REQUIRE(model.history().end_event() == first.events);
  // The known keys come again by themselves.
  session->post([](ui::Control& control) { control.run(); });
  run(3 * kSecond);
  REQUIRE(session->machine().now() == second.time);
  REQUIRE(session->machine().hash() == second.hash);
  REQUIRE(model.history().map().counts() == second.counts);

  session->post([](ui::Control& control) { control.pause(); });
  session->post([](ui::Control& control) { control.step_back(); });
  round(0);
  REQUIRE(session->snapshot()->now < second.time);
  session->post([](ui::Control& control) { control.back_to_breakpoint(); });
  round(0);
  REQUIRE(session->snapshot()->why == "the history begins here: it was switched on here");
  REQUIRE(session->snapshot()->now == session->snapshot()->history.begin);
}

TEST_CASE("session: the guest's picture costs nothing while no panel shows it", "[ui][session]") {
  const auto session = session_of(demo());
  ui::Wants wants;
  const auto run = [&](bool shown, devices::Nanoseconds time) {
    wants.screen = shown;
    for (devices::Nanoseconds done = 0; done < time; done += 20 * kMillisecond) {
      session->want(wants);
      session->round(20 * kMillisecond);
    }
    return session->snapshot()->picture_number;
  };
  const std::uint64_t first = run(false, 20 * kMillisecond);
  REQUIRE(run(false, 5 * kSecond) == first);
  const std::uint64_t seen = run(true, 20 * kMillisecond);
  REQUIRE(seen == first + 1);
  REQUIRE(run(true, 5 * kSecond) > seen + 5);  // its cursor blinks
}

TEST_CASE("session: work on files tells how far it is, and stops when asked", "[ui][session]") {
  const support::TempDir folder;
  const auto path = folder.path() / "disk.vmdk";
  storage::CreateOptions create;
  constexpr std::uint64_t sectors = 64 * 2048;
  create.sectors = sectors;
  create_image(storage::PosixDirectory::place_of(path, storage::host_rules({})),
               storage::kVmdkFormat, create, {});
  {
    const storage::OpenedImage opened = storage::open_image(path, {});
    const std::vector<std::uint8_t> bytes(2048 * storage::kSectorSize, 0x77);
    for (std::uint64_t lba = 0; lba < sectors; lba += 2048)
      REQUIRE(opened.device->write(lba, bytes) == storage::IoStatus::ok);
    REQUIRE(opened.device->close() == storage::IoStatus::ok);
  }
  auto parsed = emu::parse_command_line(std::vector<std::string>{"--hda", path.string()});
  const auto session = session_of(std::get<emu::RunOptions>(parsed).config, true);
  session->start();
  const auto change = [&](emu::ChainChange what) {
    session->post(
        [what](ui::Control& control) { control.change_chain(emu::DriveSlot::ide0_0, what); });
  };
  const auto told = [&] {
    std::vector<std::string> lines;
    while (lines.empty()) lines = session->take_lines();
    return lines.back();
  };
  // The thread may be through before anybody looks: then once more.
  std::string said;
  std::optional<ui::LongWork> seen;
  for (int round = 0; round < 20 && said.find("was stopped") == std::string::npos; ++round) {
    change(emu::ChainChange::new_child);
    told();
    change(emu::ChainChange::detach);
    std::vector<std::string> lines;
    while (lines.empty()) {
      lines = session->take_lines();
      if (const auto work = session->long_work()) {
        seen = work;
        session->break_off();
      }
    }
    said = lines.back();
  }
  CHECK(said == "detach was stopped: the disk shows what it showed, in the same layers");
  REQUIRE(seen.has_value());
  CHECK(seen->name == "detach");
  CHECK(seen->done <= seen->total);
  CHECK_FALSE(session->long_work().has_value());
  session->stop();
}

TEST_CASE("session: a thread of its own runs the machine and ends when asked", "[ui][session]") {
  const auto session = session_of(demo());
  session->start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (session->snapshot()->now < 50 * kMillisecond &&
         std::chrono::steady_clock::now() < deadline) {
    session->want({});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  REQUIRE(session->snapshot()->now >= 50 * kMillisecond);
  session->stop();
  const std::unique_ptr<emu::Machine> machine = session->release();
  REQUIRE(machine->now() >= 50 * kMillisecond);
}
