// Pictures of the window without a display, to look at beside the design sheet:
// ui_screenshots FOLDER [IMAGE...]. No test: eyes are the judge.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "storage/format.h"
#include "storage/open_image.h"
#include "storage/overlay_file.h"
#include "tests/support/temp_dir.h"
#include "tests/ui/rig.h"

namespace {

using support::Rig;

constexpr devices::Nanoseconds kSlice = 16 * devices::kMillisecond;

void type(Rig& rig, const std::string& words, devices::Nanoseconds time) {
  rig.session().post([words](ui::Control& control) { control.typist().type(words); });
  rig.run(time);
}

void lay_out(Rig& rig, ui::Layout layout) {
  rig.work().layout = layout;
  rig.work().place = true;
  rig.frames(4);
}

void shoot(const std::filesystem::path& folder, const std::string& name, int width, int height,
           ui::Look look, float scale, const std::vector<std::string>& words) {
  Rig rig(width, height, look, scale, true);
  rig.work().start_page = true;
  ui::RecentFile gone;
  gone.path = "/home/me/old-build.cowd";
  gone.format = "cowd";
  gone.looked = true;
  gone.problem = "/home/me/old-build.cowd: has lost its parent (base.cowd does not exist)";
  gone.lost_child = gone.path;
  gone.lost_parent = "base.cowd";
  ui::RecentFile disk;
  disk.path = "/home/me/dos.vmdk";
  disk.format = "vmdk chain of 3";
  disk.looked = true;
  disk.sectors = 1U << 20;
  disk.used_sectors = 186'000;
  disk.last_run = "1994-01-01 00:12";
  disk.mode = "discard";
  disk.layers = 3;
  for (unsigned i = 0; i < 96; ++i) {
    const float ragged = 1.0F - static_cast<float>(i % 7) / 8;
    if (i < 10) disk.strip.push_back({1.0F, 2});
    if (i >= 10 && i < 25) disk.strip.push_back({ragged, 1});
    if (i >= 25 && i < 40) disk.strip.push_back({ragged, 0});
    if (i >= 40) disk.strip.push_back({i > 70 && i < 74 ? 0.8F : 0.0F, 0});
  }
  rig.work().recent = {disk, gone};
  rig.frames(3);
  rig.save(folder / (name + "-start.png"));
  rig.work().open.ask_for_machine();
  rig.frames(4);
  rig.save(folder / (name + "-open.png"));
  rig.press(SDL_SCANCODE_ESCAPE);
  rig.boot(words);
  rig.work().start_page = false;
  rig.work().layout = ui::Layout::disk;
  rig.frames(2, kSlice);
  rig.run(6 * devices::kSecond);
  type(rig, words.empty() ? "c" : "dir\n", 3 * devices::kSecond);
  lay_out(rig, ui::Layout::play);
  rig.save(folder / (name + "-play.png"));
  // Type into the disk: Disk Lab's keys, or commands of DOS.
  type(rig, words.empty() ? "cfpcrd" : "copy *.com c:\\\\\n", 6 * devices::kSecond);
  lay_out(rig, ui::Layout::disk);
  rig.work().map.pinned = 20;
  type(rig, words.empty() ? "c" : "copy *.sys c:\\\\\n", 300 * devices::kMillisecond);
  for (int i = 0; i < 4; ++i) rig.frame(kSlice, 1.1F);
  rig.save(folder / (name + "-disk.png"));
  for (const ui::MapMode mode :
       {ui::MapMode::file, ui::MapMode::heat, ui::MapMode::order, ui::MapMode::disagree}) {
    rig.work().map.mode = mode;
    rig.frames(2);
    rig.save(folder / (name + "-disk-" + ui::map_mode_name(mode) + ".png"));
    if (width != 1600) break;
  }
  rig.work().map.mode = ui::MapMode::state;
  if (rig.work().map.ready()) rig.work().map.history().seek(rig.work().map.history().now() * 3 / 4);
  rig.move(width / 3, height / 4);
  rig.frames(3);
  rig.save(folder / (name + "-past.png"));
  rig.move(0, 0);
  if (rig.work().map.ready()) rig.work().map.history().go_live();
  rig.session().post([](ui::Control& control) {
    control.pause();
    control.debugger().add("int 13 ah=03");
    control.debugger().add("disk ide0.0 write lba 0..62");
    control.step_into();
  });
  rig.frames(3);
  rig.session().post([](ui::Control& control) { control.step_into(); });
  lay_out(rig, ui::Layout::debug);
  rig.frames(6);
  rig.save(folder / (name + "-debug.png"));
  rig.work().extra.insert(ui::Panel::dos);
  rig.frames(6);
  rig.save(folder / (name + "-dos.png"));
}

// One map from the whole disk to a sector a cell: four windows on one sheet. 2 TiB in three layers,
// filled from a generator of its own, so that every run makes the same sheet.
void shoot_zooms(const std::filesystem::path& folder) {
  constexpr std::uint64_t sectors = 1ULL << 32;
  const support::TempDir disks;
  const auto base = disks.path() / "base.vmdk";
  const storage::OpenOptions plain;
  storage::CreateOptions create;
  create.sectors = sectors;
  create_image(storage::PosixDirectory::place_of(base, host_rules(plain)), storage::kVmdkFormat,
               create, plain);
  const auto top = storage::add_overlay(storage::add_overlay(base, plain), plain);
  constexpr int width = 1280;
  constexpr int height = 800;
  Rig rig(width, height, ui::Look::dark, 1, true);
  rig.boot({"--drive", "bus=ide0.0,file=" + top.string() + ",mode=discard,chs=16383/16/63"}, true);
  rig.work().layout = ui::Layout::disk;
  rig.frames(5);
  storage::AllocationHistory& history = rig.work().map.history();
  std::uint64_t state = 0x9E3779B97F4A7C15;
  const auto next = [&](std::uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
  };
  constexpr std::uint64_t cluster = 128;
  constexpr std::uint64_t used = sectors / 8;
  storage::MapEvent event;
  event.kind = storage::MapEvent::Kind::changed;
  for (unsigned layer = 3; layer-- > 0;) {
    event.after = storage::MapCell(storage::ClusterState::data, layer);
    for (std::uint64_t at = 0; at < used;) {
      event.lba = at / cluster * cluster;
      event.count = static_cast<std::uint32_t>((next(600) + 1) * cluster);
      history.load(event);
      at = event.lba + event.count + next(layer == 2 ? 400 : 4000) * cluster;
    }
  }
  const std::uint64_t centre = used / 2 / cluster * cluster;
  for (int i = 0; i < 40; ++i) {
    event.time = 1'000'000'000 + static_cast<std::uint64_t>(i) * 2'000'000;
    event.kind = i % 3 == 0 ? storage::MapEvent::Kind::write : storage::MapEvent::Kind::read;
    event.lba = i % 2 == 0 ? centre + next(cluster) : next(used);
    event.count = 8;
    history.record(event);
  }
  history.advance(event.time + 1'000'000);
  std::vector<std::uint8_t> sheet(std::size_t{width} * height * 4 * 4);
  const storage::AllocationMap& map = history.map();
  const int highest = ui::whole_disk_zoom(map, 2048);
  const std::array<int, 4> zooms = {highest, 3, 0, ui::lowest_zoom(map)};
  rig.work().map.pinned = map.cluster_of(centre);
  for (std::size_t i = 0; i < zooms.size(); ++i) {
    rig.work().zoom = zooms[i];
    rig.work().zoom_chosen = true;
    const std::uint64_t cell = centre / ui::cell_sectors(map, zooms[i]);
    rig.work().map_first = i == 0 ? 0 : cell - std::min<std::uint64_t>(cell, i == 3 ? 64 : 300);
    rig.frames(3);
    const std::vector<std::uint8_t> picture = rig.pixels();
    const std::size_t left = i % 2 * width;
    const std::size_t down = i / 2 * height;
    for (std::size_t y = 0; y < height; ++y) {
      std::copy_n(picture.begin() + static_cast<std::ptrdiff_t>(y * width * 4), width * 4,
                  sheet.begin() + static_cast<std::ptrdiff_t>(((down + y) * 2 * width + left) * 4));
    }
  }
  emu::write_png((folder / "dark-zoom.png").string(), 2 * width, 2 * height, sheet);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::cerr << "usage: ui_screenshots FOLDER [IMAGE...]\n";
    return 2;
  }
  const std::filesystem::path folder = words[0];
  const std::vector<std::string> images(words.begin() + 1, words.end());
  std::filesystem::create_directories(folder);
  const char* only = std::getenv("ONLY");
  const auto wanted = [&](const std::string& name) { return only == nullptr || name == only; };
  if (wanted("dark")) shoot(folder, "dark", 1600, 1000, ui::Look::dark, 1, images);
  if (wanted("zoom")) shoot_zooms(folder);
  if (wanted("light")) shoot(folder, "light", 1600, 1000, ui::Look::light, 1, images);
  if (wanted("small")) shoot(folder, "small", 1280, 800, ui::Look::dark, 1, images);
  if (wanted("wide")) shoot(folder, "wide", 1920, 1080, ui::Look::dark, 1, images);
  if (wanted("large")) shoot(folder, "large", 3200, 2000, ui::Look::dark, 2, images);
  return 0;
}
