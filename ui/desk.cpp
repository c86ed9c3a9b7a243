#include "ui/desk.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace ui {

Desk::Desk(SDL_Renderer* renderer, Look look, float scale, bool host_fonts)
    : renderer_(renderer), imgui_(renderer), theme_(look, scale, host_fonts) {
  work_.look = look;
  work_.scale = scale;
}

std::unique_ptr<Session> Desk::show(std::unique_ptr<Session> session) {
  std::swap(session, session_);
  snapshot_.reset();
  work_.map.clear();
  work_.map_slot.reset();
  work_.zoom_chosen = false;
  work_.files.reset();
  work_.sectors.reset();
  work_.sectors_asked.reset();
  work_.code_top.reset();
  work_.code_selected.reset();
  work_.labels.clear();
  work_.leds = {};
  work_.place = true;
  guest_ = {};
  guest_seen_ = 0;
  work_.small_screen = {};
  wants_ = {};
  return session;
}

void Desk::say(const std::string& line) {
  constexpr float shown = 8;
  work_.message = line;
  work_.message_left = shown;
}

void Desk::follow_session() {
  if (!session_) return;
  snapshot_ = session_->snapshot();
  for (const std::string& line : session_->take_lines()) say(line);
  if (snapshot_->picture && (snapshot_->picture_number != guest_seen_ || guest_.width() == 0)) {
    guest_seen_ = snapshot_->picture_number;
    const emu::Picture& picture = *snapshot_->picture;
    guest_pixels_.resize(std::size_t{picture.width} * picture.height);
    if (!guest_pixels_.empty()) {
      std::memcpy(guest_pixels_.data(), picture.rgba.data(), guest_pixels_.size() * 4);
      guest_.update(renderer_, static_cast<int>(picture.width), static_cast<int>(picture.height),
                    guest_pixels_);
    }
  }
  // The drive with most to show: the first hard disk, else what there is.
  if (!work_.map_slot) {
    for (const DriveView& drive : snapshot_->drives) {
      if (!drive.loaded) continue;
      if (!work_.map_slot || (emu::is_floppy(*work_.map_slot) && !emu::is_floppy(drive.slot))) {
        work_.map_slot = drive.slot;
      }
    }
  }
}

Desk::News Desk::news() const {
  if (!session_) return News::none;
  if (session_->long_work().has_value() || work_.long_work.has_value()) return News::activity;
  const std::shared_ptr<const Snapshot> now = session_->snapshot();
  if (!snapshot_) return News::activity;
  const auto moved = [](const DriveView& a, const DriveView& b) {
    return a.medium != b.medium || a.sectors_read != b.sectors_read ||
           a.sectors_written != b.sectors_written;
  };
  if (now->state != snapshot_->state || now->stopped_by != snapshot_->stopped_by ||
      !std::ranges::equal(now->drives, snapshot_->drives, std::not_fn(moved))) {
    return News::activity;
  }
  return now->picture_number != guest_seen_ ? News::screen : News::none;
}

void Desk::follow_map() {
  if (!session_) return;
  // Debug's log of commands tells whose sectors they are.
  const bool shown = work_.layout != Layout::play || work_.extra.contains(Panel::map);
  // Once there is a map it goes on, so that its history has no holes.
  if (shown || work_.map.ready()) wants_.map = work_.map_slot;
  if (auto news = session_->take_map_news()) {
    const bool other =
        !work_.map.ready() || work_.map.slot() != news->slot || work_.map.medium() != news->medium;
    work_.map.take(*news);
    if (other) {
      work_.zoom_chosen = false;
      work_.legend.clear();
      files_wait_ = 0;
      work_.map.history().set_half_life(work_.half_life);
    }
  }
  if (!work_.map.ready()) return;
  for (const Flagged& flag : session_->take_flags()) work_.map.flag(flag);
  work_.map.set_files(session_->files());
  if (work_.map.files_are_old() && files_wait_ <= 0 && shown) {
    constexpr float between = 1.0F;
    files_wait_ = between;
    work_.map.files_requested();
    session_->post([slot = work_.map.slot()](Control& control) { control.read_files(slot); });
  }
}

void Desk::follow_sectors() {
  if (!session_ || !work_.map.ready()) return;
  work_.sectors = session_->sectors();
  if (!work_.map.pinned) return;
  const storage::AllocationMap& map = work_.map.history().map();
  constexpr std::uint32_t most = 2048;  // a mebibyte
  SectorsWanted wanted;
  wanted.slot = work_.map.slot();
  wanted.lba = *work_.map.pinned * map.sectors_per_cluster();
  wanted.count = std::min(map.sectors_per_cluster(), most);
  const bool other = work_.sectors_asked != wanted;
  if (!other && sectors_wait_ > 0) return;
  constexpr float between = 0.25F;
  sectors_wait_ = between;
  work_.sectors_asked = wanted;
  session_->post([wanted](Control& control) { control.read_sectors(wanted); });
}

void Desk::event(const SDL_Event& event) {
  if (event.type == SDL_RENDER_TARGETS_RESET) imgui_.forget_picture();
  if (event.type == SDL_RENDER_DEVICE_RESET) {
    imgui_.forget_textures();
    guest_ = {};
    work_.small_screen = {};
    work_.map_texture = {};
    work_.mini_texture = {};
  }
  imgui_.event(event);
}

bool Desk::frame(float width, float height, float seconds) {
  files_wait_ -= seconds;
  sectors_wait_ -= seconds;
  work_.message_left -= seconds;
  if (work_.message_left <= 0) work_.message.reset();
  if (theme_.look() != work_.look) theme_.set_look(work_.look);
  follow_session();
  follow_map();
  follow_sectors();

  work_.long_work = session_ ? session_->long_work() : std::nullopt;
  imgui_.new_frame(width, height, seconds);
  Wants wants;
  wants.map = wants_.map;
  wants.screen = false;
  Frame frame(theme_, snapshot_.get(), work_, wants, renderer_, program);
  frame.width = width;
  frame.height = height;
  frame.guest = &guest_;
  frame.post = [this](Request request) {
    if (session_) session_->post(std::move(request));
  };
  draw_menu_bar(frame);
  if (work_.start_page || !session_) {
    draw_start_page(frame);
  } else {
    draw_panels(frame);
  }
  draw_status_bar(frame);
  draw_dialogs(frame);
  const bool drawn = imgui_.render(theme_->desk);
  wants_ = wants;
  if (std::exchange(work_.break_off, false) && session_) session_->break_off();
  if (session_) session_->want(wants_);
  return drawn;
}

}  // namespace ui
