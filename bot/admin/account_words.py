"""What admins read for roles, permissions and the actions of the audit."""

from __future__ import annotations

from typing import Final

ROLES: Final = {
    "peninjau": "Peninjau", "operator": "Operator", "petugas_112": "Petugas 112", "admin": "Admin",
}  # fmt: skip

PERMISSIONS: Final = {
    "home": "Halaman awal", "conversations.read": "Membaca percakapan, nama dan nomor disamarkan",
    "conversations.hold": "Mengambil alih percakapan dan membalas", "reports.read": "Membaca laporan",
    "reports.file": "Mengajukan laporan dan mencatat statusnya", "reports.export": "Mengunduh daftar laporan",
    "incidents.read": "Membaca meja 112", "incidents.move": "Menerima dan menutup kejadian 112",
    "personal.reveal": "Membuka nama dan nomor dengan alasan", "dashboard.read": "Melihat dasbor",
    "review.correct": "Mengoreksi pemahaman bot", "review.export": "Mengunduh koreksi untuk pelatihan",
    "canned.edit": "Mengubah jawaban siap pakai", "users.manage": "Mengelola pengguna",
    "audit.read": "Membaca catatan tindakan", "retention.read": "Melihat masa simpan",
    "citizens.erase": "Menghapus data warga", "outbox.manage": "Mengirim ulang atau menahan kiriman",
}  # fmt: skip

ERASE_REASONS: Final = {
    "diminta": "Warga memintanya lewat surat, telepon, atau datang sendiri", "wali": "Diminta wali atau keluarga",
    "keliru": "Nomor dipakai orang lain atau salah sambung", "hukum": "Perintah hukum",
}  # fmt: skip
"""Why a citizen is erased; the code goes into the audit."""

REFUSED: Final = {"locked": "terkunci", "wrong": "salah"}

ACTIONS: Final = {
    "sign_in": "masuk", "sign_in_refused": "gagal masuk", "sign_out": "keluar", "password_changed": "mengganti sandi",
    "factor_begun": "mulai mendaftarkan pengaman kedua", "factor_enrolled": "mendaftarkan pengaman kedua",
    "factor_used": "memberi kode keamanan", "factor_refused": "kode keamanan ditolak",
    "recovery_code_used": "memakai kode cadangan", "recovery_codes_made": "membuat kode cadangan",
    "user_added": "menambah pengguna", "user_disabled": "menonaktifkan pengguna",
    "user_enabled": "mengaktifkan pengguna", "role_changed": "mengganti peran", "password_reset": "membuat sandi baru",
    "sessions_ended": "mengakhiri sesi", "factor_reset": "menghapus pengaman kedua", "reveal": "membuka nama dan nomor",
    "erase": "menghapus data warga", "take": "mengambil alih percakapan", "reply": "membalas warga",
    "hand_back": "mengembalikan ke bot", "file": "mencatat nomor LAPOR!", "settle_again": "mengirim lagi laporan",
    "settle_filed": "memastikan laporan masuk", "retry": "mengirim ulang laporan", "status": "mencatat status",
    "incident_acknowledged": "menerima kejadian", "incident_dispatched": "tim berangkat",
    "incident_on_scene": "tim di lokasi", "incident_resolved": "kejadian selesai",
    "outbox_retry": "mengirim ulang kiriman", "outbox_park": "menahan kiriman",
    "incident_not_emergency": "bukan darurat", "incident_false_report": "menandai laporan palsu",
}  # fmt: skip
"""Actions that are not named here are shown by their code."""
