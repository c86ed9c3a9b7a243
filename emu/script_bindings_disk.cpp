// m:disk(slot): what is in a drive, seen from the host. m:serial(n) and m:debug_port(): the far
// ends of the guest's lines.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "emu/drive_tap.h"
#include "emu/run_options.h"
#include "emu/script_bindings.h"
#include "emu/session.h"
#include "storage/fat_volume.h"
#include "storage/fat_watch.h"
#include "storage/image.h"

namespace emu {

namespace {

constexpr lua_Integer kLargestRead = 2048;  // sectors
constexpr std::size_t kLongestMap = 1'000'000;
constexpr devices::Nanoseconds kExpectTime = 30 * devices::kSecond;

struct ScriptDisk {
  std::shared_ptr<ScriptMachine> machine;
  DriveSlot slot;

  DriveTap& tap() const {
    DriveTap* tap = machine->machine().tap(slot);
    if (tap == nullptr) {
      throw ScriptError(kExitExpectation, std::string("nothing is in ") + slot_name(slot));
    }
    return *tap;
  }
};

struct ScriptConsole {
  std::shared_ptr<ScriptMachine> machine;
  ConsoleId id;
};

ScriptDisk& disk_at(lua_State* lua) {
  return *object_at<ScriptDisk>(lua, 1, kDiskClass);
}

std::uint64_t sector_at(lua_State* lua, int index, const DriveTap& tap) {
  const lua_Integer lba = luaL_checkinteger(lua, index);
  if (lba < 0 || static_cast<std::uint64_t>(lba) >= tap.sector_count()) {
    throw UsageError("sector " + std::to_string(lba) + " is not on this disk of " +
                     std::to_string(tap.sector_count()) + " sectors");
  }
  return static_cast<std::uint64_t>(lba);
}

const char* state_name(storage::ClusterState state) {
  switch (state) {
    case storage::ClusterState::unallocated:
      return "unallocated";
    case storage::ClusterState::zero:
      return "zero";
    case storage::ClusterState::data:
      return "data";
    case storage::ClusterState::shared:
      return "linked";
    case storage::ClusterState::parent:
      return "parent";
    case storage::ClusterState::freed:
      return "freed";
    case storage::ClusterState::metadata:
      return "metadata";
    default:
      return "corrupt";
  }
}

bool holds_data(const storage::Extent& extent) {
  return extent.state == storage::ClusterState::data ||
         extent.state == storage::ClusterState::shared;
}

// The extents of the image, joined up by itself; at most kLongestMap.
std::vector<storage::Extent> extents_of(const storage::BlockDevice& image) {
  std::vector<storage::Extent> extents;
  std::uint64_t lba = 0;
  while (lba < image.sector_count() && extents.size() < kLongestMap) {
    const storage::Extent extent = image.extent_at(lba);
    if (extent.sector_count == 0) break;
    extents.push_back(extent);
    lba = extent.first_sector + extent.sector_count;
  }
  return extents;
}

// Counters and sizes.
int disk_stats(lua_State* lua) {
  const ScriptDisk& disk = disk_at(lua);
  DriveTap& tap = disk.tap();
  Fields fields(lua);
  fields.number("sectors", tap.sector_count());
  for (const DriveActivity& activity : disk.machine->machine().activity()) {
    if (activity.slot != disk.slot) continue;
    fields.number("sectors_read", activity.sectors_read);
    fields.number("sectors_written", activity.sectors_written);
  }
  fields.number("host_bytes_written", tap.bytes_written_to_image());
  fields.number("faults_shown", tap.faults_shown());
  std::uint64_t cluster_sectors = 1;
  std::uint64_t host_bytes = 0;
  if (const storage::Image* const image = tap.chain()) {
    const storage::ImageInfo info = image->info();
    if (info.free_clusters) fields.number("clusters_free", *info.free_clusters);
    host_bytes = info.host_bytes();
    if (info.cluster_bytes >= storage::kSectorSize) {
      cluster_sectors = info.cluster_bytes / storage::kSectorSize;
    }
  }
  if (const auto* watch = dynamic_cast<const storage::FatWatch*>(&tap.image())) {
    fields.number("sectors_released", watch->sectors_released());
  }
  std::uint64_t allocated = 0;
  std::uint64_t linked = 0;
  for (const storage::Extent& extent : extents_of(tap.image())) {
    if (!holds_data(extent) || extent.layer != 0) continue;
    const std::uint64_t first = extent.first_sector / cluster_sectors;
    const std::uint64_t end =
        (extent.first_sector + extent.sector_count + cluster_sectors - 1) / cluster_sectors;
    allocated += end - first;
    if (extent.state == storage::ClusterState::shared) linked += end - first;
  }
  fields.number("cluster_bytes", cluster_sectors * storage::kSectorSize);
  fields.number("clusters_allocated", allocated);
  fields.number("clusters_linked", linked);
  fields.number("host_bytes", host_bytes);
  return 1;
}

// A list of runs: start and length in bytes as qemu-img has them, and what they are.
int disk_map(lua_State* lua) {
  const DriveTap& tap = disk_at(lua).tap();
  const std::vector<storage::Extent> extents = extents_of(const_cast<DriveTap&>(tap).image());
  lua_createtable(lua, static_cast<int>(extents.size()), 0);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const storage::Extent& extent = extents[i];
    Fields fields(lua);
    fields.number("start", extent.first_sector * storage::kSectorSize);
    fields.number("length", extent.sector_count * storage::kSectorSize);
    fields.number("depth", extent.layer);
    fields.number("layer", extent.layer);
    fields.text("kind", state_name(extent.state));
    fields.flag("data", holds_data(extent));
    fields.flag("present", extent.state != storage::ClusterState::unallocated);
    if (holds_data(extent)) fields.number("offset", extent.host_offset);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
  return 1;
}

// disk:layer(i): facts about the image (0) or its i-th parent.
int disk_layer(lua_State* lua) {
  const DriveTap& tap = disk_at(lua).tap();
  const lua_Integer depth = luaL_optinteger(lua, 2, 0);
  storage::Image* image = const_cast<DriveTap&>(tap).chain();
  for (lua_Integer i = 0; i < depth && image != nullptr; ++i) image = image->parent();
  if (image == nullptr) throw ScriptError(kExitExpectation, "the image has no such layer");
  const storage::ImageInfo info = image->info();
  Fields fields(lua);
  if (!info.files.empty()) {
    fields.text("file", info.files.front().path.string());
  }
  fields.number("host_bytes", info.host_bytes());
  fields.number("cluster_bytes", info.cluster_bytes);
  if (info.parent) {
    fields.text("parent", info.parent->name);
  }
  std::uint64_t own = 0;
  for (const storage::Extent& extent : extents_of(*image)) {
    if (holds_data(extent) && extent.layer == 0) own += extent.sector_count;
  }
  fields.number("bytes_allocated", own * storage::kSectorSize);
  return 1;
}

// disk:read(lba, n): the content as the guest would read it.
int disk_read(lua_State* lua) {
  DriveTap& tap = disk_at(lua).tap();
  const std::uint64_t lba = sector_at(lua, 2, tap);
  const lua_Integer count = luaL_optinteger(lua, 3, 1);
  if (count < 1 || count > kLargestRead ||
      static_cast<std::uint64_t>(count) > tap.sector_count() - lba) {
    throw UsageError("read 1 to " + std::to_string(kLargestRead) + " sectors of the disk");
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * storage::kSectorSize);
  const storage::IoStatus status = tap.peek(lba, bytes);
  if (status != storage::IoStatus::ok) {
    throw ScriptError(kExitHostError,
                      "sector " + std::to_string(lba) + ": " + std::string(describe(status)));
  }
  lua_pushlstring(lua, reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return 1;
}

int disk_snapshot(lua_State* lua) {
  const ScriptDisk& disk = disk_at(lua);
  const std::string name = string_at(lua, 2);
  disk.tap().snapshot(name);
  disk.machine->note(std::string("snapshot of ") + slot_name(disk.slot) + " " + name);
  return 0;
}

int disk_revert(lua_State* lua) {
  const ScriptDisk& disk = disk_at(lua);
  const std::string name = string_at(lua, 2);
  if (!disk.tap().revert(name)) {
    throw ScriptError(kExitExpectation,
                      std::string(slot_name(disk.slot)) + " has no snapshot '" + name + "'");
  }
  disk.machine->note(std::string("revert of ") + slot_name(disk.slot) + " to " + name);
  return 0;
}

int disk_commit(lua_State* lua) {
  const ScriptDisk& disk = disk_at(lua);
  if (disk.tap().discards()) {
    throw UsageError(std::string(slot_name(disk.slot)) + " is in mode discard: nothing is kept");
  }
  const storage::IoStatus status = disk.tap().commit();
  if (status != storage::IoStatus::ok) {
    throw ScriptError(kExitHostError,
                      std::string(slot_name(disk.slot)) + ": " + std::string(describe(status)));
  }
  return 0;
}

// disk:owner(lba): the path of the file there and the offset in it, "FAT" and the like, or nil.
int disk_owner(lua_State* lua) {
  DriveTap& tap = disk_at(lua).tap();
  const std::uint64_t lba = sector_at(lua, 2, tap);
  QuietView view(tap);
  for (const storage::FatLocation& where : storage::find_fat_volumes(view)) {
    if (lba < where.first_lba || lba - where.first_lba >= where.sector_count) continue;
    std::string path;
    std::uint64_t sectors_of_path = 0;  // before the present run
    std::optional<std::uint64_t> offset;
    storage::FatVolume(view, where)
        .visit_owners([&](std::uint64_t first, std::uint64_t count, const std::string& owner) {
          if (offset) return;
          if (owner != path) {
            path = owner;
            sectors_of_path = 0;
          }
          if (lba >= first && lba - first < count) {
            offset = (sectors_of_path + lba - first) * storage::kSectorSize;
          }
          sectors_of_path += count;
        });
    if (!offset) break;
    push_string(lua, path);
    lua_pushinteger(lua, static_cast<lua_Integer>(*offset));
    return 2;
  }
  lua_pushnil(lua);
  return 1;
}

storage::IoStatus status_of_error(const std::string& error) {
  if (error == "UNC") return storage::IoStatus::host_error;
  if (error == "IDNF") return storage::IoStatus::out_of_range;
  if (error == "ABRT") return storage::IoStatus::read_only;
  throw UsageError("fault: error '" + error + "' must be UNC, IDNF or ABRT");
}

// disk:fault{lba = n or {first, last}, error = "UNC", times = 2, on = "read"}; disk:fault() ends
// all.
int disk_fault(lua_State* lua) {
  const ScriptDisk& disk = disk_at(lua);
  DriveTap& tap = disk.tap();
  if (lua_isnoneornil(lua, 2)) {
    tap.clear_faults();
    return 0;
  }
  luaL_checktype(lua, 2, LUA_TTABLE);
  DriveFault fault;
  bool have_lba = false;
  lua_pushnil(lua);
  while (lua_next(lua, 2) != 0) {
    const int value = lua_gettop(lua);
    const std::string key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    if (key == "lba" && lua_istable(lua, value)) {
      lua_geti(lua, value, 1);
      lua_geti(lua, value, 2);
      fault.first = sector_at(lua, value + 1, tap);
      fault.last = sector_at(lua, value + 2, tap);
      lua_pop(lua, 2);
      have_lba = true;
    } else if (key == "lba") {
      fault.first = fault.last = sector_at(lua, value, tap);
      have_lba = true;
    } else if (key == "error") {
      fault.status = status_of_error(string_at(lua, value));
    } else if (key == "times") {
      const lua_Integer times = luaL_checkinteger(lua, value);
      if (times < 1) throw UsageError("fault: times must be 1 or more; leave it out for always");
      fault.times = static_cast<std::uint64_t>(times);
    } else if (key == "on") {
      const std::string on = string_at(lua, value);
      if (on != "read" && on != "write") throw UsageError("fault: on must be read or write");
      fault.reads = on == "read";
      fault.writes = on == "write";
    } else {
      throw UsageError("fault: unknown key '" + key + "'; known: lba, error, times, on");
    }
    lua_pop(lua, 1);
  }
  if (!have_lba) throw UsageError("fault: lba = is missing");
  tap.add_fault(fault);
  disk.machine->note(std::string("fault on ") + slot_name(disk.slot) + " lba " +
                     std::to_string(fault.first));
  return 0;
}

// ---- consoles ----

ScriptConsole& console_at(lua_State* lua) {
  return *object_at<ScriptConsole>(lua, 1, kConsoleClass);
}

// console:send(text, s)
int console_send(lua_State* lua) {
  const ScriptConsole& console = console_at(lua);
  if (console.id == ConsoleId::debug_port) throw UsageError("the debug port only speaks");
  const std::string text = string_at(lua, 2);
  const devices::Nanoseconds within = seconds_or(lua, 3, kExpectTime);
  const Running running(lua);
  console.machine->send(console.id, text, within);
  return 0;
}

// console:expect(text, s): what came before the text as well.
int console_expect(lua_State* lua) {
  const ScriptConsole& object = console_at(lua);
  const std::string text = string_at(lua, 2);
  if (text.empty()) throw UsageError("an empty text is always there");
  const devices::Nanoseconds within = seconds_or(lua, 3, kExpectTime);
  const Running running(lua);
  Console& console = object.machine->console(object.id);
  object.machine->require(within, "\"" + text + "\" on the line", [&] {
    return console.received.find(text, console.consumed) != std::string::npos;
  });
  const std::size_t at = console.received.find(text, console.consumed);
  push_string(lua, text);
  push_string(lua,
              std::string_view(console.received).substr(console.consumed, at - console.consumed));
  console.consumed = at + text.size();
  return 2;
}

// console:text(): everything so far.
int console_text(lua_State* lua) {
  const ScriptConsole& object = console_at(lua);
  push_string(lua, object.machine->console(object.id).received);
  return 1;
}

}  // namespace

void push_disk(lua_State* lua, std::shared_ptr<ScriptMachine> machine, DriveSlot slot) {
  if (!machine->machine().has_drive(slot)) {
    throw UsageError(std::string("this machine has no drive ") + slot_name(slot));
  }
  push_object(lua, kDiskClass, std::make_shared<ScriptDisk>(ScriptDisk{std::move(machine), slot}));
}

void push_console(lua_State* lua, std::shared_ptr<ScriptMachine> machine, ConsoleId id) {
  machine->console(id);
  push_object(lua, kConsoleClass,
              std::make_shared<ScriptConsole>(ScriptConsole{std::move(machine), id}));
}

void register_disk_class(lua_State* lua) {
  constexpr std::array<luaL_Reg, 11> methods = {{
      {"stats", bound<disk_stats>},
      {"map", bound<disk_map>},
      {"layer", bound<disk_layer>},
      {"read", bound<disk_read>},
      {"snapshot", bound<disk_snapshot>},
      {"revert", bound<disk_revert>},
      {"commit", bound<disk_commit>},
      {"owner", bound<disk_owner>},
      {"fault", bound<disk_fault>},
      {"__gc", collect_object<ScriptDisk>},
      {nullptr, nullptr},
  }};
  register_class(lua, kDiskClass, methods.data());
}

void register_console_class(lua_State* lua) {
  constexpr std::array<luaL_Reg, 5> methods = {{
      {"send", bound<console_send>},
      {"expect", bound<console_expect>},
      {"text", bound<console_text>},
      {"__gc", collect_object<ScriptConsole>},
      {nullptr, nullptr},
  }};
  register_class(lua, kConsoleClass, methods.data());
}

}  // namespace emu
