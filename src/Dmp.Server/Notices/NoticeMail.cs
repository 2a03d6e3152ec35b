using System.Text.Encodings.Web;
using Dmp.Notice.V1;
using MimeKit;

namespace Dmp.Server.Notices;

/// <summary>The e-mail of a notice: that something happened and when, and nothing else.</summary>
internal static class NoticeMail
{
    /// <exception cref="ParseException">No mail can be sent to the address.</exception>
    public static MimeMessage Of(NoticeContent notice, string from, string to)
    {
        var sender = MailboxAddress.Parse(from);
        var isForPatient = notice.ProfessionalId.Length == 0;
        var (subject, sentence) = TextOf((NoticeKind)notice.Kind, isForPatient, notice.LocalTime);
        string[] lines =
        [
            "Bonjour,",
            sentence,
            isForPatient
                ? "Ce message ne contient volontairement aucun détail. Pour en savoir plus, ouvrez votre application et consultez "
                    + "l’historique du dossier."
                : "Ce message ne contient volontairement aucun détail. Ouvrez votre logiciel pour consulter le dossier de référence "
                    + $"{notice.RecordId}.",
            "Ce message est envoyé automatiquement : merci de ne pas y répondre. Il ne vous demandera jamais de mot de passe.",
        ];
        var message = new MimeMessage
        {
            // The same in every repeat, so that mail programs can tell a repeat.
            MessageId = $"{notice.NoticeId}@{sender.Domain}",
            Date = notice.CreateTime,
            Subject = subject,
            Body = new BodyBuilder { TextBody = string.Join("\n\n", lines) + "\n", HtmlBody = HtmlOf(lines) }.ToMessageBody(),
        };
        message.From.Add(sender);
        message.To.Add(MailboxAddress.Parse(to));

        // No answers by holiday robots (RFC 3834).
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add(HeaderId.ContentLanguage, "fr");
        return message;
    }

    private static (string Subject, string Sentence) TextOf(NoticeKind kind, bool isForPatient, string time) => kind switch
    {
        NoticeKind.FirstAccess => (
            "Dossier médical partagé : premier accès d’un professionnel",
            $"Un professionnel de santé a consulté pour la première fois, le {time}, le dossier médical partagé associé à cette adresse."),
        NoticeKind.EmergencyAccess when isForPatient => (
            "Dossier médical partagé : accès en urgence",
            $"Le dossier médical partagé associé à cette adresse a été ouvert en urgence le {time}."),
        NoticeKind.EmergencyAccess => (
            "Dossier médical partagé : accès en urgence au dossier d’un patient",
            $"Le dossier médical partagé d’un patient dont vous êtes le médecin traitant a été ouvert en urgence le {time}."),
        NoticeKind.NewDocument => (
            "Dossier médical partagé : nouveau document",
            $"Le dossier médical partagé associé à cette adresse contient du nouveau depuis le {time}."),
        NoticeKind.ConsentChanged => (
            "Dossier médical partagé : droits d’accès modifiés",
            $"Les droits d’accès au dossier médical partagé associé à cette adresse ont été modifiés le {time}."),
        NoticeKind.DocumentAnnounced => (
            "Dossier médical partagé : un document vous attend",
            "Un document du dossier médical partagé associé à cette adresse vous sera expliqué lors d’une consultation. "
            + "Si aucun rendez-vous n’est prévu, parlez-en à un professionnel de santé qui vous suit."),
        NoticeKind.WishesChanged => (
            "Dossier médical partagé : personne de confiance ou personnes à prévenir",
            "La personne de confiance ou les personnes à prévenir du dossier médical partagé associé à cette adresse ont changé "
            + $"le {time}."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static string HtmlOf(IEnumerable<string> lines) =>
        "<!doctype html><html lang=\"fr\"><body>"
        + $"{string.Concat(lines.Select(line => $"<p>{HtmlEncoder.Default.Encode(line)}</p>"))}</body></html>";
}
