#include "emu/config_file.h"

#include <toml++/toml.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "emu/machine_keys.h"
#include "emu/nearest.h"
#include "emu/run_options.h"

namespace emu {

namespace {

class Reader {
 public:
  Reader(std::string name, std::filesystem::path folder)
      : name_(std::move(name)), folder_(std::move(folder)) {}

  ConfigFile read(const toml::table& root) {
    for (const auto& [key, node] : root) section(std::string(key.str()), node);
    return std::move(result_);
  }

 private:
  std::string place(const toml::node& node) const {
    return name_ + ":" + std::to_string(node.source().begin.line);
  }
  [[noreturn]] void refuse(const toml::node& node, const std::string& text) const {
    throw UsageError(place(node) + ": " + text);
  }

  std::string resolve(const std::string& file) const {
    return std::filesystem::path(file).is_absolute() ? file : (folder_ / file).string();
  }

  // Numbers and booleans are taken as the text they would be on the command line: one set of rules.
  std::string text_of(const std::string& key, const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "on" : "off";
    refuse(node, "'" + key + "' must be a text, a number or true/false");
  }

  void apply(const std::string& section, const toml::table& table, const KeySetters& setters) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const auto setter = setters.find(name);
      if (setter == setters.end()) {
        refuse(node, unknown_key(name, section, setters));
      }
      const std::string text = text_of(name, node);
      try {
        setter->second(text);
      } catch (const UsageError& error) {
        refuse(node, error.what());
      }
      if (section == "[machine]") result_.origins[name] = place(node);
    }
  }

  void section(const std::string& name, const toml::node& node) {
    const auto resolver = [this](const std::string& file) { return resolve(file); };
    if (name == "machine" && node.is_table()) {
      apply("[machine]", *node.as_table(), machine_key_setters(result_.config, resolver));
    } else if (name == "drive" && node.is_array()) {
      for (const toml::node& drive : *node.as_array()) {
        if (!drive.is_table()) refuse(drive, "[[drive]] must be a table");
        add_drive(*drive.as_table());
      }
    } else {
      const std::vector<std::string> known = {"machine", "drive"};
      refuse(node, "unknown section '" + name + "'" + did_you_mean(name, known));
    }
  }

  void add_drive(const toml::table& table) {
    DriveConfig drive;
    bool have_bus = false;
    const auto resolver = [this](const std::string& file) { return resolve(file); };
    apply("[[drive]]", table, drive_key_setters(drive, have_bus, resolver));
    if (!have_bus) refuse(table, "drive without bus (fd0 .. ide1.1)");
    if (drive.demo) drive.mode = DriveMode::discard;
    if (drive.file.empty() && !drive.demo && !is_floppy(drive.slot)) {
      refuse(table, "drive without file");
    }
    for (const DriveConfig& other : result_.config.drives) {
      if (other.slot == drive.slot) {
        refuse(table, std::string("two drives on ") + slot_name(drive.slot));
      }
    }
    result_.config.drives.push_back(std::move(drive));
  }

  std::string name_;
  std::filesystem::path folder_;
  ConfigFile result_;
};

template <class Parse>
ConfigFile read_with(const std::string& name, const std::filesystem::path& folder, Parse parse) {
  toml::table root;
  try {
    root = parse();
  } catch (const toml::parse_error& error) {
    throw UsageError(name + ":" + std::to_string(error.source().begin.line) + ": " +
                     std::string(error.description()));
  }
  return Reader(name, folder).read(root);
}

}  // namespace

ConfigFile read_config_file(const std::string& path) {
  return read_with(path, std::filesystem::path(path).parent_path(),
                   [&] { return toml::parse_file(path); });
}

ConfigFile read_config_text(const std::string& text, const std::string& name,
                            const std::string& folder) {
  return read_with(name, folder, [&] { return toml::parse(text); });
}

}  // namespace emu
