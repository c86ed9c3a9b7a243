#include "emu/config_file.h"

#include <toml++/toml.h>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/nearest.h"
#include "emu/run_options.h"
#include "emu/units.h"

namespace emu {

namespace {

using Setter = std::function<void(const std::string& value)>;
using Setters = std::map<std::string, Setter>;

std::string place(const std::string& file, const toml::node& node) {
  return file + ":" + std::to_string(node.source().begin.line) + ": ";
}

// Numbers and booleans are taken as the text they would be on the command line: one set of rules.
std::string text_of(const std::string& file, const std::string& key, const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "on" : "off";
  throw UsageError(place(file, node) + "'" + key + "' must be a text, a number or true/false");
}

void apply(const std::string& file, const std::string& section, const toml::table& table,
           const Setters& setters) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto setter = setters.find(name);
    if (setter == setters.end()) {
      std::vector<std::string> known;
      for (const auto& [word, unused] : setters) known.push_back(word);
      const std::string near = nearest_word(name, known);
      throw UsageError(place(file, node) + "unknown key '" + name + "' in " + section +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    try {
      setter->second(text_of(file, name, node));
    } catch (const UsageError& error) {
      throw UsageError(place(file, node) + error.what());
    }
  }
}

class Reader {
 public:
  explicit Reader(std::string path)
      : path_(std::move(path)), folder_(std::filesystem::path(path_).parent_path()) {}

  Config read() {
    toml::table root;
    try {
      root = toml::parse_file(path_);
    } catch (const toml::parse_error& error) {
      throw UsageError(path_ + ":" + std::to_string(error.source().begin.line) + ": " +
                       std::string(error.description()));
    }
    for (const auto& [key, node] : root) section(std::string(key.str()), node);
    return config_;
  }

 private:
  std::string resolve(const std::string& name) const {
    return std::filesystem::path(name).is_absolute() ? name : (folder_ / name).string();
  }

  void section(const std::string& name, const toml::node& node) {
    if (name == "machine" && node.is_table()) {
      apply(path_, "[machine]", *node.as_table(), machine_setters());
    } else if (name == "drive" && node.is_array()) {
      for (const toml::node& drive : *node.as_array()) {
        if (!drive.is_table()) throw UsageError(place(path_, drive) + "[[drive]] must be a table");
        add_drive(*drive.as_table());
      }
    } else {
      const std::vector<std::string> known = {"machine", "drive"};
      const std::string near = nearest_word(name, known);
      throw UsageError(place(path_, node) + "unknown section '" + name + "'" +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
  }

  Setters machine_setters() {
    return {
        {"cpu", [this](const std::string& v) { config_.cpu = parse_cpu_model(v); }},
        {"fpu", [this](const std::string& v) { config_.fpu = parse_fpu(v); }},
        {"ram", [this](const std::string& v) { config_.ram_bytes = parse_ram(v); }},
        {"mips", [this](const std::string& v) { config_.mips = parse_mips(v); }},
        {"boot", [this](const std::string& v) { config_.boot = parse_boot_order(v); }},
        {"bios", [this](const std::string& v) { config_.bios = resolve(v); }},
        {"vgabios", [this](const std::string& v) { config_.vgabios = resolve(v); }},
        {"rtc", [this](const std::string& v) { config_.rtc = parse_rtc(v); }},
    };
  }

  void add_drive(const toml::table& table) {
    DriveConfig drive;
    bool have_bus = false;
    apply(path_, "[[drive]]", table,
          {
              {"bus",
               [&](const std::string& v) {
                 drive.slot = parse_slot(v);
                 have_bus = true;
               }},
              {"file", [&](const std::string& v) { drive.file = resolve(v); }},
              {"format", [&](const std::string& v) { drive.format = v; }},
              {"mode", [&](const std::string& v) { drive.mode = parse_drive_mode(v); }},
              {"chs", [&](const std::string& v) { drive.chs = parse_chs(v); }},
              {"truncate", [&](const std::string& v) { drive.truncate = v == "on"; }},
              {"fat_free", [&](const std::string& v) { drive.fat_free = parse_fat_free(v); }},
          });
    if (!have_bus) throw UsageError(place(path_, table) + "drive without bus (fd0 .. ide1.1)");
    if (drive.file.empty()) throw UsageError(place(path_, table) + "drive without file");
    for (const DriveConfig& other : config_.drives) {
      if (other.slot == drive.slot) {
        throw UsageError(place(path_, table) + "two drives on " + slot_name(drive.slot));
      }
    }
    config_.drives.push_back(std::move(drive));
  }

  std::string path_;
  std::filesystem::path folder_;
  Config config_;
};

}  // namespace

Config read_config_file(const std::string& path) {
  return Reader(path).read();
}

}  // namespace emu
