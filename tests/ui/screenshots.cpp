// Pictures of the window without a display, to look at beside the design sheet:
// ui_screenshots FOLDER [IMAGE...]. No test: eyes are the judge.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

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
  gone.problem = "base.img is missing";
  ui::RecentFile disk;
  disk.path = "/home/me/dos.vmdk";
  disk.format = "vmdk chain of 3";
  disk.looked = true;
  disk.sectors = 1U << 20;
  disk.used_sectors = 186'000;
  disk.last_run = "1994-01-01 00:12";
  disk.mode = "discard";
  for (int i = 0; i < 96; ++i)
    disk.strip.push_back(i < 10 ? 1.0F
                                : (i < 40 ? 1.0F - static_cast<float>(i % 7) / 8
                                          : (i > 70 && i < 74 ? 0.8F : 0.0F)));
  rig.work().recent = {disk, gone};
  rig.frames(3);
  rig.save(folder / (name + "-start.png"));
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
  if (wanted("light")) shoot(folder, "light", 1600, 1000, ui::Look::light, 1, images);
  if (wanted("small")) shoot(folder, "small", 1280, 800, ui::Look::dark, 1, images);
  if (wanted("wide")) shoot(folder, "wide", 1920, 1080, ui::Look::dark, 1, images);
  if (wanted("large")) shoot(folder, "large", 3200, 2000, ui::Look::dark, 2, images);
  return 0;
}
