using Dmp.Consent.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Consents;

/// <summary>What a visibility rule must look like, and its two forms. Pure.</summary>
internal static class VisibilityRules
{
    private const int CodeCharactersMax = 64;
    private const string ProfessionSystem = "1.2.250.1.71.1.2.7";

    public static void Check(VisibilityRule? rule, Realm realm, FieldFaults faults)
    {
        if (rule is null)
        {
            return;
        }

        faults.Require(
            rule.Effect is VisibilityEffect.Unspecified or VisibilityEffect.Hide or VisibilityEffect.Show,
            "rule.effect",
            "Must be HIDE or SHOW.");
        CheckDocuments(rule, faults);
        CheckAudience(rule, realm, faults);
        if (rule.Effect == VisibilityEffect.Show)
        {
            faults.Require(
                rule.DocumentsCase is VisibilityRule.DocumentsOneofCase.DocumentId or VisibilityRule.DocumentsOneofCase.None,
                "rule.document_id",
                "SHOW is for one document.");
            faults.Require(
                rule.Actor is { Kind: ActorKind.Professional } || rule.AudienceCase == VisibilityRule.AudienceOneofCase.None,
                "rule.actor",
                "SHOW is for one professional.");
        }
    }

    /// <summary>The rule as it is stored. It was checked.</summary>
    public static VisibilityRuleRow ToRow(VisibilityRule rule, Guid recordId, Caller caller, DateTimeOffset now) => new()
    {
        VisibilityRuleId = Guid.CreateVersion7(now),
        RecordId = recordId,
        Effect = (short)rule.Effect,
        DocumentId = rule.HasDocumentId ? Guid.Parse(rule.DocumentId) : null,
        TypeCode = rule.Type is { } type ? $"{type.System}|{type.Code}" : null,
        AuthorId = rule.HasAuthorId ? rule.AuthorId : null,
        PeriodFrom = rule.ServicePeriod?.FromTime.ToDateTimeOffset(),
        PeriodTo = rule.ServicePeriod?.ToTime.ToDateTimeOffset(),
        ActorKind = rule.Actor is { } actor ? (short)actor.Kind : null,
        ActorId = rule.Actor?.Id,
        Profession = rule.Profession is { } profession ? $"{profession.System}|{profession.Code}" : null,
        CreateTime = now,
        CreatedBy = caller.ToActor().ToByteArray(),
    };

    public static VisibilityRule ToMessage(this VisibilityRuleRow row)
    {
        var rule = new VisibilityRule
        {
            VisibilityRuleId = row.VisibilityRuleId.ToString(),
            RecordId = row.RecordId.ToString(),
            Effect = (VisibilityEffect)row.Effect,
            CreateTime = row.CreateTime.ToTimestamp(),
        };
        switch (row)
        {
            case { DocumentId: { } documentId }:
                rule.DocumentId = documentId.ToString();
                break;
            case { TypeCode: { } typeCode }:
                rule.Type = ToCoding(typeCode);
                break;
            case { AuthorId: { } authorId }:
                rule.AuthorId = authorId;
                break;
            case { PeriodFrom: { } from, PeriodTo: { } to }:
                rule.ServicePeriod = new Period { FromTime = from.ToTimestamp(), ToTime = to.ToTimestamp() };
                break;
        }

        if (row is { ActorKind: { } kind, ActorId: { } actorId })
        {
            rule.Actor = new Actor { Kind = (ActorKind)kind, Id = actorId };
        }
        else if (row.Profession is { } profession)
        {
            rule.Profession = ToCoding(profession);
        }

        return rule;
    }

    private static void CheckDocuments(VisibilityRule rule, FieldFaults faults)
    {
        switch (rule.DocumentsCase)
        {
            case VisibilityRule.DocumentsOneofCase.DocumentId:
                faults.Require(
                    Guid.TryParseExact(rule.DocumentId, "D", out _), "rule.document_id", "Must be a UUID in the form 8-4-4-4-12.");
                break;
            case VisibilityRule.DocumentsOneofCase.Type:
                CheckCode(rule.Type, "rule.type", faults);
                break;
            case VisibilityRule.DocumentsOneofCase.AuthorId:
                faults.Require(rule.AuthorId.Length > 0, "rule.author_id", "Must not be empty.");
                faults.Text(rule.AuthorId, "rule.author_id", CodeCharactersMax);
                break;
            case VisibilityRule.DocumentsOneofCase.ServicePeriod:
                var from = faults.Time(rule.ServicePeriod.FromTime, "rule.service_period.from_time");
                var to = faults.Time(rule.ServicePeriod.ToTime, "rule.service_period.to_time");
                faults.Require(
                    from is null || to is null || from < to, "rule.service_period.to_time", "Must be later than from_time.");
                break;
            default:
                faults.Add("rule", "Must say which documents: document_id, type, author_id or service_period.");
                break;
        }
    }

    private static void CheckAudience(VisibilityRule rule, Realm realm, FieldFaults faults)
    {
        switch (rule.AudienceCase)
        {
            case VisibilityRule.AudienceOneofCase.Actor:
                ActorRules.Check(rule.Actor, realm, "rule.actor", faults);
                break;
            case VisibilityRule.AudienceOneofCase.Profession:
                CheckCode(rule.Profession, "rule.profession", faults);
                faults.Require(
                    rule.Profession.System is "" or ProfessionSystem, "rule.profession.system", $"Must be {ProfessionSystem} (TRE_G15).");
                break;
            default:
                faults.Add("rule", "Must say from or to whom: actor or profession.");
                break;
        }
    }

    private static void CheckCode(Coding coding, string field, FieldFaults faults)
    {
        faults.Text(coding.System, field + ".system", CodeCharactersMax);
        faults.Text(coding.Code, field + ".code", CodeCharactersMax);
        faults.Require(
            !coding.System.Contains('|', StringComparison.Ordinal) && !coding.Code.Contains('|', StringComparison.Ordinal),
            field,
            "Must not contain the character |.");
    }

    private static Coding ToCoding(string column)
    {
        var bar = column.IndexOf('|', StringComparison.Ordinal);
        return new Coding { System = column[..bar], Code = column[(bar + 1)..] };
    }
}
