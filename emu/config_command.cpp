#include "emu/config_command.h"

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "emu/command_line.h"
#include "emu/machine_keys.h"
#include "emu/run_options.h"
#include "emu/session.h"

namespace emu {

namespace {

constexpr const char* kHelp =
    R"(platter config show|check [FILE.toml...] [options of platter run]

show   prints the settings as a machine file, each with where it came from: a file and line, a PLATTER_*
       variable, an option, or the default. --output json prints one object.
check  says nothing when every setting is good; else one line and exit code 2.

Options override PLATTER_* variables (PLATTER_CPU=286), these the machine file (the one named, or
platter.toml in the current folder), and that the defaults.
Example: platter config show machine.toml --cpu 286
)";

std::string origin_of(const RunOptions& options, const std::string& key) {
  const auto origin = options.origins.find(key);
  return origin != options.origins.end() ? origin->second : "default";
}

void show_text(const RunOptions& options) {
  constexpr int comment_column = 40;
  std::cout << "[machine]\n" << std::left;
  for (const KeyValue& value : machine_key_values(options.config)) {
    std::cout << std::setw(comment_column) << key_line(value) << " # "
              << origin_of(options, value.key) << "\n";
  }
  for (const DriveConfig& drive : options.config.drives) {
    std::cout << "\n[[drive]]\n";
    for (const KeyValue& value : drive_key_values(drive)) std::cout << key_line(value) << "\n";
  }
}

void show_json(const RunOptions& options) {
  nlohmann::ordered_json object;
  for (const KeyValue& value : machine_key_values(options.config)) {
    object["machine"][value.key] = {{"value", value.value},
                                    {"origin", origin_of(options, value.key)}};
  }
  object["drive"] = nlohmann::ordered_json::array();
  for (const DriveConfig& drive : options.config.drives) {
    nlohmann::ordered_json row;
    for (const KeyValue& value : drive_key_values(drive)) row[value.key] = value.value;
    object["drive"].push_back(std::move(row));
  }
  std::cout << object.dump(2) << "\n";
}

}  // namespace

int run_config_command(std::span<const std::string> arguments) {
  const std::string verb = arguments.empty() ? "" : arguments.front();
  if (verb == "--help" || verb == "-h") {
    std::cout << kHelp;
    return kExitOk;
  }
  if (verb != "show" && verb != "check") {
    throw UsageError("platter config is followed by show or check; see platter config --help");
  }
  const auto parsed = parse_command_line(arguments.subspan(1));
  if (const Message* message = std::get_if<Message>(&parsed)) {
    std::cout << message->text;
    return message->exit_code;
  }
  const RunOptions& options = std::get<RunOptions>(parsed);
  if (verb == "show") {
    if (options.json) {
      show_json(options);
    } else {
      show_text(options);
    }
  }
  return kExitOk;
}

}  // namespace emu
