# Kabar tentang laporan yang sudah dikirim.

status_none = Belum ada laporan dari Bapak/Ibu. Untuk melapor, langsung tulis masalah dan lokasinya.
status_not_yours = Nomor *{ $ticket }* tidak ada di antara laporan Bapak/Ibu. Mohon periksa kembali nomornya.
status_one =
    {"*"}{ $ticket }* ({ $category }), dikirim { $filed_day }: *{ $state }*.{ $has_tracking ->
        [yes] {" "}Nomor SP4N-LAPOR!: { $tracking }.
       *[no] {""}
    }{ $has_note ->
        [yes] {"\u000A"}Catatan: { $note }
       *[no] {""}
    }{ $has_checked ->
        [yes] {"\u000A"}Terakhir diperiksa di SP4N-LAPOR!: { $checked_day }, pukul { $checked }.
       *[no] {""}
    }
status_list =
    { $shown } laporan terbaru dari { $count }:
    { $ticket1 } ({ $category1 }): { $state1 }
    { $ticket2 } ({ $category2 }): { $state2 }{ $has_ticket3 ->
        [yes] {"\u000A"}{ $ticket3 } ({ $category3 }): { $state3 }
       *[no] {""}
    }
    Tulis nomornya untuk melihat satu laporan.

report_filing_unknown = Pengiriman laporan *{ $ticket }* sedang dipastikan petugas. Bapak/Ibu tidak perlu mengirim ulang.
report_failed = Laporan *{ $ticket }* belum bisa diteruskan ke SP4N-LAPOR! dan sedang ditangani petugas. Bapak/Ibu tidak perlu mengirim ulang.
report_submitted =
    Laporan *{ $ticket }* sudah masuk SP4N-LAPOR!{ $has_tracking ->
        [yes] {" "}dengan nomor pelacakan *{ $tracking }*.
       *[no] .
    }
report_verified = Laporan *{ $ticket }* sudah diverifikasi{ $has_addressee ->
        [yes] {" "}dan diteruskan kepada { $addressee }.
       *[no] .
    }
report_in_progress = Laporan *{ $ticket }* sedang dikerjakan{ $has_addressee ->
        [yes] {" "}oleh { $addressee }.
       *[no] .
    }{ $has_note ->
        [yes] {"\u000A"}Catatan: { $note }
       *[no] {""}
    }
report_need_info = Untuk laporan *{ $ticket }*, instansi membutuhkan keterangan tambahan.{ $has_note ->
        [yes] {"\u000A"}Pertanyaannya: { $note }
       *[no] {""}
    }{"\u000A"}{ $asks ->
        [yes] Silakan tulis jawabannya di sini, boleh dengan foto atau lokasi. Kami teruskan ke instansi.
       *[no] Kalau sudah sempat, tulis *{ $ticket }* untuk menjawabnya.
    }
report_transferred = Laporan *{ $ticket }* dipindahkan{ $has_addressee ->
        [yes] {" "}kepada { $addressee }.
       *[no] {" "}kepada instansi lain yang berwenang.
    }{ $has_note ->
        [yes] {"\u000A"}Catatan: { $note }
       *[no] {""}
    }
report_done = Menurut instansi, laporan *{ $ticket }* ({ $category }) sudah selesai ditangani.{ $has_note ->
        [yes] {"\u000A"}Catatan: { $note }
       *[no] {""}
    }{"\u000A"}{ $asks ->
        [yes] Sudah benar selesai?
       *[no] Kalau belum benar-benar selesai, tulis *petugas*.
    }
report_closed = Laporan *{ $ticket }* ({ $category }) sudah ditutup.{ $has_note ->
        [yes] {"\u000A"}Catatan: { $note }
       *[no] {""}
    }
report_archived = Laporan *{ $ticket }* ({ $category }) diarsipkan, jadi tidak dilanjutkan ke instansi.{ $has_note ->
        [yes] {"\u000A"}Alasannya: { $note }
       *[no] {""}
    }{"\u000A"}{ $asks ->
        [yes] Mau memperbaiki dan mengirimnya lagi? Isinya sudah kami siapkan.
       *[no] Kalau perlu, tulis laporan baru dengan keterangan yang lebih lengkap.
    }
report_rejected = Laporan *{ $ticket }* tidak dapat diproses.{ $has_note ->
        [yes] {"\u000A"}Alasannya: { $note }
       *[no] {""}
    }{"\u000A"}Tulis *petugas* kalau ingin penjelasan.

added_to_report =
    { $count ->
        [0] Keterangan itu sudah masuk ke laporan *{ $ticket }*.
       *[other] Lampiran itu ditambahkan ke laporan *{ $ticket }*.
    }{ $full ->
        [yes] {" "}Sebagian tidak ikut, karena sudah ada lima lampiran.
       *[no] {""}
    }
ask_done = Apakah laporan *{ $ticket }* sudah benar selesai?
ask_not_done = Apa yang belum selesai pada laporan *{ $ticket }*? Tulis di sini, boleh dengan foto.
reopened = Terima kasih. Laporan *{ $ticket }* kami buka kembali dan keterangan Bapak/Ibu kami teruskan.
done_thanks = Terima kasih sudah memastikan, Bapak/Ibu.

agency_answered = { $has_sender ->
        [yes] Jawaban dari { $sender }
       *[no] Jawaban dari instansi
    } untuk laporan *{ $ticket }*:{"\u000A"}{ $words }{ $count ->
        [0] {""}
       *[other] {"\u000A"}Lampiran di SP4N-LAPOR! ({ $count }): { $attached }
    }
ask_info = Silakan tulis jawaban untuk instansi tentang laporan *{ $ticket }*, boleh dengan foto.
info_passed_on = Terima kasih. Jawaban Bapak/Ibu untuk laporan *{ $ticket }* kami teruskan ke instansi.
