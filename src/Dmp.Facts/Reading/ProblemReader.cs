using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>Diseases, symptoms, findings and histories of them (IHE PCC Problem Entry, FR-Probleme).</summary>
internal sealed class ProblemReader(Values values)
{
    public Problem Read(Statement statement)
    {
        var node = statement.Node;
        var observed = node.Find("value") is { } found ? values.Observed(found) : null;

        // Words in place of a code are what it is; a plain "no" says that it is not so.
        var value = observed?.Code ?? (observed?.Text is { } words ? Values.InWords(words) : values.StatedCode(node.Find("value")));
        return new Problem
        {
            IsNegated = observed?.Truth == false,
            Type = values.Code(node.Find("code")),
            Value = value,
            Absence = Absences.Of(value, value?.Text ?? value?.Display ?? values.Words(node.Find("text"))),
            Period = Values.Stretch(node.Find("effectiveTime")),
            Status = values.Attribute(node, Values.StatusCode),
            ConcernState = statement.Around.ConcernState,
            Severity = values.Attribute(node, Values.SeverityCode),
            Certainty = values.Attribute(node, Values.CertaintyCode),
            Sites = values.Codes(node, "targetSiteCode"),
        };
    }
}
