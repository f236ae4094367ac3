# Nama yang muncul di dalam kalimat lain.
clock = { $hour }.{ $minute } WITA
numbered = { $number }. { $title }

state_queued = menunggu dikirim
state_filing = sedang dikirim
state_filing_unknown = sedang dipastikan petugas
state_failed = belum terkirim, ditangani petugas
state_submitted = masuk SP4N-LAPOR!
state_verified = terverifikasi
state_in_progress = sedang dikerjakan
state_need_info = butuh keterangan
state_transferred = diteruskan ke instansi lain
state_done = selesai
state_closed = ditutup
state_archived = diarsipkan
state_rejected = tidak dapat diproses

classification_pengaduan = Pengaduan
classification_aspirasi = Aspirasi
classification_permintaan_informasi = Permintaan informasi

anonymity_none = nama ditampilkan
anonymity_anonim = anonim
anonymity_rahasia = rahasia
