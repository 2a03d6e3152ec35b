namespace Dmp.Server.Tests.Care;

/// <summary>CDA bodies that state results of a laboratory.</summary>
internal static class LaboratoryText
{
    public static string Body(params (string Code, string Value, string Unit, string Time)[] results)
    {
        var observations = string.Concat(results.Select(result =>
            $"""
            <entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><templateId root="1.3.6.1.4.1.19376.1.3.1.6"/>
              <code code="{result.Code}" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
              <effectiveTime value="{result.Time}"/>
              <value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="PQ" value="{result.Value}" unit="{result.Unit}"/>
            </observation></entryRelationship>
            """));
        return $"""
            <structuredBody><component><section><code code="18719-5" codeSystem="2.16.840.1.113883.6.1"/><title>Biochimie</title>
              <text>Voir.</text><entry><act classCode="ACT" moodCode="EVN"><code code="18719-5" codeSystem="2.16.840.1.113883.6.1"/>
              <statusCode code="completed"/>{observations}</act></entry></section></component></structuredBody>
            """;
    }
}
