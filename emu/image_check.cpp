// check and repair, with qemu-img's exit codes: 0 clean, 1 could not run, 2 damaged, 3 leaks only,
// 63 the format has no check.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "emu/image_layers.h"
#include "emu/image_verbs.h"

namespace emu::image_tool {

using storage::CheckOptions;
using storage::CheckReport;

namespace {

constexpr int kClean = 0, kDamaged = 2, kLeaks = 3, kUnsupported = 63;

struct Checked {
  std::filesystem::path path;
  const storage::FormatDriver* format = nullptr;
  CheckReport report;                // what is there now
  std::optional<CheckReport> fixed;  // what a repair found and did
};

int code_of(const CheckReport& report) {
  if (report.errors != 0) return kDamaged;
  return report.leaks != 0 ? kLeaks : kClean;
}

nlohmann::ordered_json json_of(const Checked& checked) {
  const CheckReport& now = checked.report;
  nlohmann::ordered_json object = {{"filename", storage::printable(checked.path.native(), 4096)},
                                   {"format", checked.format->name},
                                   {"check-errors", 0},
                                   {"image-end-offset", now.end_offset},
                                   {"total-clusters", now.clusters},
                                   {"allocated-clusters", now.allocated},
                                   {"fragmented-clusters", now.fragmented},
                                   {"compressed-clusters", now.compressed},
                                   {"corruptions", now.errors},
                                   {"leaks", now.leaks}};
  if (checked.fixed) {
    object["corruptions-fixed"] = checked.fixed->errors_fixed;
    object["leaks-fixed"] = checked.fixed->leaks_fixed;
    object["repairs"] = checked.fixed->lines;
  }
  object["findings"] = now.lines;
  return object;
}

void print(std::ostream& out, const Checked& checked, bool name) {
  const CheckReport& now = checked.report;
  if (name) out << "image: " << storage::printable(checked.path.native(), 200) << "\n";
  if (checked.fixed && checked.fixed->errors_fixed + checked.fixed->leaks_fixed != 0) {
    for (const std::string& line : checked.fixed->lines)
      out << storage::printable(line, 390) << "\n";
    out << "The following inconsistencies were found and repaired:\n\n    "
        << checked.fixed->leaks_fixed << " leaked clusters\n    " << checked.fixed->errors_fixed
        << " corruptions\n\n";
  }
  for (const std::string& line : now.lines) out << storage::printable(line, 390) << "\n";
  if (now.errors == 0 && now.leaks == 0) out << "No errors were found on the image.\n";
  if (now.errors != 0) {
    out << "\n"
        << now.errors
        << " errors were found on the image.\n"
           "Data may be corrupted, or further writes to the image may corrupt it.\n";
  }
  if (now.leaks != 0) {
    out << "\n"
        << now.leaks
        << " leaked clusters were found on the image.\n"
           "This means waste of disk space, but no harm to data.\n";
  }
  if (now.clusters != 0) {
    const auto percent = [](std::uint64_t part, std::uint64_t all) {
      return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
    };
    std::ostringstream line;
    line.precision(2);
    line << std::fixed << now.allocated << "/" << now.clusters << " = "
         << percent(now.allocated, now.clusters) << "% allocated, "
         << percent(now.fragmented, now.allocated) << "% fragmented, "
         << percent(now.compressed, now.allocated) << "% compressed clusters\n";
    out << line.str();
  }
  if (now.end_offset != 0) out << "Image end offset: " << now.end_offset << "\n";
}

Checked check_layer(const Session& session, const storage::Place& place,
                    const storage::FormatDriver& format, CheckOptions options) {
  Checked checked{place.path(), &format, {}, {}};
  options.progress = session.progress(0);
  checked.report = check_image(place, format, options, session.open_options());
  if (options.repair != CheckOptions::Repair::none && checked.report.errors + checked.report.leaks +
                                                              checked.report.errors_fixed +
                                                              checked.report.leaks_fixed !=
                                                          0) {
    // Repaired or not, what counts is what is there now.
    checked.fixed = std::move(checked.report);
    checked.report = check_image(place, format, {}, session.open_options());
  }
  return checked;
}

// The parent's record, read without trusting the rest of the image.
std::optional<std::pair<storage::Place, const storage::FormatDriver*>> next_layer(
    const Session& session, const storage::Place& place, const storage::FormatDriver& format) {
  storage::OpenOptions options = session.open_options();
  options.mode = storage::OpenMode::read_only;
  options.format = format.name;
  options.follow_parents = false;
  options.force = true;
  options.warn = {};
  const storage::ImageInfo facts = open_image(place, options).image->info();
  if (!facts.parent) return std::nullopt;
  auto parent = parent_place(place, facts);
  if (!parent) {
    throw storage::ImageError(place.path(), "has a parent that cannot be opened: " +
                                                storage::printable(facts.parent->name, 120));
  }
  const storage::FormatDriver* const recorded = storage::find_format(facts.parent->format);
  const storage::FormatDriver& driver =
      recorded != nullptr ? *recorded : storage::format_of(*parent, storage::NameSource::image, {});
  return std::pair{std::move(*parent), &driver};
}

int check_with(const Session& session, CheckOptions::Repair repair) {
  const Arguments& a = session.arguments();
  CheckOptions options;
  options.repair = repair;
  options.drop_data = a.drop_data;
  storage::Place place = session.place(a.names[0]);
  const storage::FormatDriver* format =
      &storage::format_of(place, storage::NameSource::user, a.format);
  if (format->check == nullptr) {
    session.err() << "platter: " << storage::printable(a.names[0], 200) << ": format "
                  << format->name << " has no check\n";
    return kUnsupported;
  }
  std::vector<Checked> layers;
  // A circle of parents is as long as no chain may be.
  for (std::size_t depth = 0; depth < storage::kMaxLayers; ++depth) {
    if (format->check != nullptr) layers.push_back(check_layer(session, place, *format, options));
    if (!a.chain) break;
    auto next = next_layer(session, place, *format);
    if (!next) break;
    place = std::move(next->first);
    format = next->second;
    options.repair = CheckOptions::Repair::none;  // what the user did not name is not changed
  }
  int code = kClean;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::ostringstream text;
  for (const Checked& checked : layers) {
    const int here = code_of(checked.report);
    if (code == kClean || here == kDamaged) code = here;
    if (a.json()) {
      list.push_back(json_of(checked));
    } else {
      print(text, checked, a.chain);
    }
  }
  if (a.json()) {
    session.out() << (a.chain ? list : list.front())
                         .dump(4, ' ', false, nlohmann::json::error_handler_t::replace)
                  << "\n";
  } else if (!a.quiet) {
    session.out() << text.str();
  }
  return code;
}

}  // namespace

int check(const Session& session) {
  const std::string& word = session.arguments().repair;
  return check_with(session, word.empty()      ? CheckOptions::Repair::none
                             : word == "leaks" ? CheckOptions::Repair::leaks
                                               : CheckOptions::Repair::all);
}

int repair(const Session& session) {
  return check_with(session, session.arguments().repair == "leaks" ? CheckOptions::Repair::leaks
                                                                   : CheckOptions::Repair::all);
}

}  // namespace emu::image_tool
